// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/table.hpp"
#include "record/percentiles.hpp"
#include "verb/noise/tell.hpp"

namespace busmark {
namespace {

/// Three figures, and never 0 for what is not.
std::string rate(double per_second) {
  if (per_second <= 0) return "0";
  if (per_second < 0.1) return fmt::format("{:.1g}", per_second);
  if (per_second < 10) return fmt::format("{:.1f}", per_second);
  if (per_second < 10'000) return fmt::format("{:.0f}", per_second);
  return fmt::format("{:.3g}k", per_second / 1e3);
}

std::string share_text(double share) {
  if (share <= 0) return "0 %";
  if (share < 0.0001) return "<0.01 %";
  return fmt::format("{:.{}f} %", share * 100, share < 0.1 ? 2 : 1);
}

std::string cell(const std::vector<NoisePercentile>& percentiles, Percentile wanted,
                 Nanoseconds threshold) {
  const auto found = std::find_if(percentiles.begin(), percentiles.end(),
                                  [&](const auto& each) { return each.percentile == wanted; });
  if (found == percentiles.end() || !found->supported) return std::string(kWithheld);
  if (found->value < threshold) return "<" + format_duration(threshold);
  return format_duration(found->value);
}

std::string gap_table(const NoiseSummary& summary) {
  TextTable table({{"cpu"},
                   {"p99"},
                   {"p99.9"},
                   {"p99.99"},
                   {"max"},
                   {">1us"},
                   {">10us"},
                   {">100us"},
                   {">1ms"},
                   {"lost"},
                   {"cause", Align::left}});
  for (const CoreNoiseSummary& core : summary.cores) {
    std::vector<std::string> cells{fmt::format("{}", index(core.cpu))};
    for (const Percentile percentile : {kP99, kP999, kP9999}) {
      cells.push_back(cell(core.gap, percentile, Nanoseconds(0)));
    }
    cells.push_back(core.gaps == 0 ? std::string(kWithheld) : format_duration(core.longest));
    for (const double per_second : core.per_second) cells.push_back(rate(per_second));
    cells.push_back(share_text(core.lost_share));
    cells.emplace_back(to_string(core.cause));
    table.add(std::move(cells));
  }
  return table.text();
}

std::string wait_table(const NoiseSummary& summary) {
  TextTable table(
      {{"cpu"}, {"wait p99"}, {"p99.9"}, {"p99.99"}, {"late p50"}, {"p99"}, {"p99.9"}, {"max"}});
  for (const CoreNoiseSummary& core : summary.cores) {
    std::vector<std::string> cells{fmt::format("{}", index(core.cpu))};
    for (const Percentile percentile : {kP99, kP999, kP9999}) {
      cells.push_back(cell(core.wait, percentile, summary.result->threshold));
    }
    for (const Percentile percentile : {kP50, kP99, kP999}) {
      cells.push_back(cell(core.lateness, percentile, Nanoseconds(0)));
    }
    const bool none = core.latest.count() == 0;
    cells.push_back(none ? std::string(kWithheld) : format_duration(core.latest));
    table.add(std::move(cells));
  }
  return table.text();
}

/// Longer names, of several drivers on one line, are cut: the line must fit.
std::string counts(const std::vector<InterruptCount>& interrupts, Nanoseconds counted) {
  constexpr std::size_t kMost = 3;
  constexpr std::size_t kLongestName = 13;
  const double seconds = std::chrono::duration<double>(counted).count();
  if (interrupts.empty() || seconds <= 0) return "none counted";
  std::string text;
  for (std::size_t i = 0; i < std::min(kMost, interrupts.size()); ++i) {
    std::string name = interrupts[i].name.substr(0, kLongestName);
    while (name.ends_with(' ')) name.pop_back();
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", name,
                        rate(static_cast<double>(interrupts[i].count) / seconds));
  }
  return text;
}

std::string longest(const CoreNoise& core) {
  constexpr std::size_t kMost = 2;
  std::string text;
  const std::vector<Gap> gaps = core.gaps.longest();
  for (std::size_t i = 0; i < std::min(kMost, gaps.size()); ++i) {
    text += fmt::format("{}{} at {}{}", i == 0 ? "" : ", ", format_duration(gaps[i].length),
                        format_duration(gaps[i].start), gaps[i].switched ? " (switch)" : "");
  }
  return text.empty() ? "none" : text;
}

std::string core_text(const CoreNoise& core, const CoreNoiseSummary& summary) {
  std::string text = fmt::format("\ncpu {}\n", index(core.cpu));
  const auto row = [&](std::string_view key, const std::string& value) {
    text += fmt::format("  {:<11} {}\n", key, value);
  };
  row("lost", fmt::format("{}: {} in place ({}/s), {} to other threads ({}/s)",
                          share_text(summary.lost_share), share_text(summary.in_place_share),
                          rate(summary.in_place_per_second), share_text(summary.switched_share),
                          rate(summary.switched_per_second)));
  row("longest", longest(core));
  for (const NoiseEpisode& episode : summary.episodes) {
    row("episode",
        fmt::format("{} to {}: {} lost, mostly {}", format_duration(episode.start),
                    format_duration(episode.start + episode.length), share_text(episode.lost_share),
                    episode.switched ? "to other threads" : "in place"));
  }
  row("irqs/s", counts(core.interrupts, core.counted));
  row("softirqs/s", counts(core.softirqs, core.counted));
  if (summary.in_place_per_second > 0) {
    row("explained", fmt::format("at most {:.0f} % of the gaps in place by these interrupts",
                                 summary.explained * 100));
  }
  if (core.stolen) {
    row("steal", core.stolen->count() == 0
                     ? "0, which proves nothing: hypervisors take time without it"
                     : format_duration(*core.stolen));
  }
  return text;
}

/// Time between two readings: what the probe can see.
double step_ns(const NoiseSummary& summary) {
  double step = 0;
  for (const CoreNoise& core : summary.result->cores) {
    if (core.run.reads == 0) continue;
    const Nanoseconds busy = core.run.observed - core.gaps.lost().lost();
    step = std::max(step, static_cast<double>(busy.count()) / static_cast<double>(core.run.reads));
  }
  return step;
}

}  // namespace

std::string write_noise_text(const NoiseSummary& summary) {
  const NoiseResult& result = *summary.result;
  std::string text = gap_table(summary);
  text += fmt::format(
      "\nGaps: stretches of at least {} in which a spinning thread did not run, by\n"
      "length; >1us to >1ms count them per second. Cause: of most of the time lost.\n\n",
      format_duration(result.threshold));
  text += wait_table(summary);
  text += fmt::format(
      "\nWait: what a message due at a random moment waits because of gaps, the floor of\n"
      "any latency on this core. Late: how late a {} sleep ends. -: too few to tell.\n",
      format_duration(result.options.timer_period));
  for (std::size_t i = 0; i < summary.cores.size(); ++i) {
    text += core_text(result.cores[i], summary.cores[i]);
  }
  const Environment& environment = result.environment;
  const bool virtual_machine = environment.virtual_machine.value_or(false);
  constexpr std::size_t kLongestModel = 50;
  text +=
      fmt::format("\n{:<9}{}{}\n", "machine",
                  environment.cpu_model.empty() ? "unknown CPU"
                                                : environment.cpu_model.substr(0, kLongestModel),
                  virtual_machine ? ", virtual machine" : "");
  text +=
      fmt::format("{:<9}{} read every {:.1f} ns, on {} core{} for {}\n", "probe",
                  to_string(result.clock.source), step_ns(summary), summary.cores.size(),
                  summary.cores.size() == 1 ? "" : "s", format_duration(result.options.duration));
  if (virtual_machine) {
    text += "note     what the host does to a virtual core shows as gaps in place\n";
  }
  if (result.interrupted)
    text += "\ninterrupted: the figures hold for the time watched until then\n";
  return text;
}

}  // namespace busmark
