// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "verb/soak/tell.hpp"

namespace busmark {
namespace {

constexpr double kMegabyte = 1e6;

std::string megabytes(const std::optional<ByteCount>& size) {
  if (!size) return "-";
  return fmt::format("{:.1f}", static_cast<double>(size->bytes) / kMegabyte);
}
std::string number(const std::optional<std::uint64_t>& count) {
  return count ? fmt::format("{}", *count) : "-";
}
std::string latency(const std::optional<Nanoseconds>& time) {
  return time ? format_duration(*time) : "-";
}

/// `1:00:10`; where `longest` is less than a minute, as a duration.
std::string time_text(Nanoseconds time, Nanoseconds longest) {
  if (longest < std::chrono::minutes(1)) return format_duration(time);
  const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// The samples that a table of at most kMostSoakRows shows: evenly spread, first and last included.
std::vector<const SoakSample*> rows_of(const std::vector<SoakSample>& samples) {
  std::vector<const SoakSample*> rows;
  const std::size_t shown = std::min(samples.size(), kMostSoakRows);
  for (std::size_t i = 0; i < shown; ++i) {
    rows.push_back(&samples[shown == 1 ? 0 : i * (samples.size() - 1) / (shown - 1)]);
  }
  return rows;
}

std::string samples_table(const SoakedScenario& scenario) {
  TextTable table({{"until"},
                   {"RSS MB"},
                   {"PSS MB"},
                   {"VMS MB"},
                   {"commit MB"},
                   {"files"},
                   {"threads"},
                   {"received"},
                   {"p50"},
                   {"p95"},
                   {"p99"}});
  const Nanoseconds longest = scenario.samples.back().end();
  for (const SoakSample* sample : rows_of(scenario.samples)) {
    const MemoryUsage& memory = sample->memory;
    table.add({time_text(sample->end(), longest), megabytes(memory.rss), megabytes(memory.pss),
               megabytes(memory.vms), megabytes(memory.committed), number(memory.open_files),
               number(memory.threads), format_rate({sample->rate()}), latency(sample->p50),
               latency(sample->p95), latency(sample->p99)});
  }
  return table.text();
}

/// `+99.2 MB/h (97.1 .. 103)`: a slope with its interval, in the unit given.
std::string slope_text(const std::optional<SlopeEstimate>& slope, double unit,
                       std::string_view name) {
  if (!slope) return "not known";
  const std::string figure = fmt::format("{:+.3g} {}", slope->slope / unit, name);
  if (!slope->bounded()) return figure + " (unbounded)";
  return fmt::format("{} ({:+.3g} .. {:+.3g})", figure, *slope->low / unit, *slope->high / unit);
}

std::string course_text(const char* title, const std::optional<SoakCourse>& course, double unit,
                        std::string_view name) {
  if (!course) return {};
  const std::string size = unit == 1 ? "" : " MB";
  return fmt::format("{:<11}{}, from {:.4g} to {:.4g}{}\n", title,
                     slope_text(course->per_hour, unit, name), course->initial / unit,
                     course->final / unit, size);
}

std::string drift_text(const char* title, const std::optional<SoakDrift>& drift) {
  if (!drift) return {};
  std::string text =
      fmt::format("{:<11}{}", title, slope_text(drift->per_hour, 0.01, "%/h of its median"));
  if (drift->per_hour && drift->per_hour->bounded()) {
    if (*drift->per_hour->low > 0) text += ": rises";
    if (*drift->per_hour->high < 0) text += ": falls";
  }
  return text + "\n";
}

std::string what_it_means(const SoakedScenario& scenario) {
  const SoakAnalysis& analysis = scenario.analysis;
  const std::optional<SlopeEstimate> slope = analysis.rss ? analysis.rss->per_hour : std::nullopt;
  switch (analysis.memory) {
    case MemoryClass::normal: return "RSS surely grows by less than 10 MB/h";
    case MemoryClass::monitor:
      return "RSS surely grows by 10 MB/h or more: look again in a longer run";
    case MemoryClass::leak:
      return "RSS surely grows by more than 50 MB/h: run shorter scenarios by themselves to find "
             "whose it is; committed memory that grows along points at the heap, RSS alone at "
             "mappings or first touch";
    case MemoryClass::inconclusive: break;
  }
  if (!analysis.rss) return "the kernel does not tell RSS";
  std::string text;
  if (slope && slope->bounded()) {
    const double half = *slope->half_width() / kMegabyte;
    text = fmt::format(
        "this run tells slopes apart to +-{:.2g} MB/h: it would have seen a leak of {:.3g} MB/h "
        "or more",
        half, kLeakAbove / kMegabyte + half);
  } else {
    text = fmt::format("samples of memory after the start-up: {}, which bound no slope; {} may",
                       analysis.counted, kFewestForSlope);
  }
  if (const auto duration = analysis.would_tell()) {
    return text + fmt::format("; --duration {}m or longer should tell",
                              std::chrono::duration_cast<std::chrono::minutes>(*duration).count());
  }
  return text + "; write a longer --duration";
}

std::string books(const SoakedScenario& scenario) {
  const MessageCounts& counts = scenario.counts;
  std::string text = fmt::format(
      "books      published {} = received {} + dropped {} + refused {} + lost {}; duplicated {}, "
      "reordered {}, corrupt {}\n",
      counts.published, counts.received, counts.dropped, counts.refused, counts.lost,
      counts.duplicated, counts.reordered, counts.corrupt);
  if (scenario.too_late > 0) {
    text += fmt::format(
        "           {} came more than {} messages behind their producer's newest: each is among "
        "the lost or a duplicate\n",
        scenario.too_late, scenario.audit_reach);
  }
  return text;
}

TextTable::Decoration color_of(Verdict verdict, bool color) {
  if (!color) return {};
  switch (verdict) {
    case Verdict::pass: return {"\x1b[32m", "\x1b[0m"};
    case Verdict::warn:
    case Verdict::inconclusive: return {"\x1b[33m", "\x1b[0m"};
    case Verdict::fail:
    case Verdict::invalid: return {"\x1b[31m", "\x1b[0m"};
    case Verdict::skip: break;
  }
  return {};
}

std::string verdict_text(const SoakedScenario& scenario, bool color) {
  const TextTable::Decoration decoration = color_of(scenario.verdict, color);
  std::string text =
      fmt::format("verdict    {}{}{}: memory {}\n", decoration.before, to_string(scenario.verdict),
                  decoration.after, to_string(scenario.analysis.memory));
  text += fmt::format("           {}\n", what_it_means(scenario));
  if (!scenario.ended_early.empty()) {
    text += fmt::format("           ended early, {}\n", plain_text(scenario.ended_early));
  }
  for (const BudgetVerdict& budget : scenario.scenario.budgets) {
    if (budget.budget.metric != Metric::memory_slope || budget.verdict != Verdict::pass) continue;
    text += fmt::format("           {} holds, by which memory is judged here\n", budget.text());
  }
  for (const std::string& reason : scenario.scenario.reasons) {
    text += fmt::format("           invalid: {}\n", plain_text(reason));
  }
  for (const BudgetVerdict& budget : scenario.scenario.budgets) {
    if (budget.verdict == Verdict::pass) continue;
    text += fmt::format("           {} {}: {}\n", to_string(budget.verdict),
                        plain_text(budget.text()), plain_text(budget.reason));
  }
  return text;
}

std::string scenario_text(const SoakedScenario& scenario, bool color) {
  const SoakAnalysis& analysis = scenario.analysis;
  std::string text =
      fmt::format("{} over {}\n\n", plain_text(scenario.name), plain_text(scenario.transport));
  if (scenario.verdict == Verdict::skip) {
    return text + fmt::format("skipped    {}\n", plain_text(scenario.scenario.reasons.front()));
  }
  if (scenario.samples.empty()) return text + "interrupted before the first interval was over\n";
  text += samples_table(scenario) + "\n";
  text += fmt::format("start-up   {} of {} intervals do not count, {} do\n", analysis.start_up,
                      scenario.samples.size(), analysis.counted);
  text += course_text("RSS", analysis.rss, kMegabyte, "MB/h");
  text += course_text("PSS", analysis.pss, kMegabyte, "MB/h");
  text += course_text("VMS", analysis.vms, kMegabyte, "MB/h");
  text += course_text("committed", analysis.committed, kMegabyte, "MB/h");
  text += course_text("open files", analysis.open_files, 1, "/h");
  text += course_text("threads", analysis.threads, 1, "/h");
  text += drift_text("p50", analysis.p50) + drift_text("p95", analysis.p95);
  text += drift_text("rate", analysis.rate);
  return text + books(scenario) + verdict_text(scenario, color);
}

}  // namespace

std::string write_soak_text(const SoakSession& session, bool color) {
  std::string text;
  for (const SoakedScenario& scenario : session.scenarios) {
    text += scenario_text(scenario, color) + "\n";
  }
  if (session.scenarios.empty()) text += "interrupted before the first interval was over\n\n";
  return text +
         "Slopes are those of Theil and Sen with their 95 % interval; MB are 10^6 bytes. Memory is "
         "judged\nby RSS: normal below 10 MB/h, leak above 50 MB/h, each for the whole interval.\n";
}

}  // namespace busmark
