// SPDX-License-Identifier: Apache-2.0
#include "tell/turns.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "base/html_table.hpp"
#include "base/table.hpp"
#include "record/percentiles.hpp"
#include "record/shown.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

/// A scenario as a row among those measured by turns with it.
struct Rung {
  const StoredScenario* scenario = nullptr;
  std::optional<Nanoseconds> p50;
  std::optional<Nanoseconds> p95;
  std::optional<Nanoseconds> cpu;  ///< Per message.
};

/// Where a thread spins or yields it takes its core whatever it carries.
std::optional<Nanoseconds> cpu_per_message(const StoredScenario& scenario) {
  if (scenario.parameter("wait") != "park" && !scenario.saturated()) return {};
  std::vector<double> used;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    const auto spent = repetition.cpu_ns_per_message();
    if (repetition.used && spent && !scenario.operation) used.push_back(*spent);
  }
  if (used.empty()) return {};
  return Nanoseconds(std::llround(estimate_median(used).value));
}

std::vector<Rung> rungs_of(const StoredRun& run) {
  std::vector<Rung> rungs;
  if (!run.order) return rungs;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.repetitions.empty()) continue;  // skipped, which the reasons say
    rungs.push_back({&scenario, value_of(scenario.response, kP50),
                     value_of(scenario.response, kP95), cpu_per_message(scenario)});
  }
  if (rungs.size() < 2) rungs.clear();
  return rungs;
}

/// `+12 % (+8 to +16)`, `12.3 x (11 to 14)` from twice as much on; no interval with too few rounds.
std::string difference_text(const StoredDifference& difference) {
  const bool times = difference.share >= 1;
  const auto number = [times](double share) {
    if (!times) return fmt::format("{:+.3g}", share * 100);
    return share + 1 < 1000 ? fmt::format("{:.3g}", share + 1) : fmt::format("{:.0f}", share + 1);
  };
  std::string text = number(difference.share) + (times ? " x" : " %");
  if (difference.low && difference.high) {
    text += fmt::format(" ({} to {})", number(*difference.low), number(*difference.high));
  }
  return text;
}

std::string step_cell(const Rung& rung) {
  for (const StoredDifference& one :
       rung.scenario->above.value_or(std::vector<StoredDifference>())) {
    if (one.measure == "p50") return difference_text(one);
  }
  return std::string(kWithheld);
}

double decade_of(Nanoseconds time) {
  return std::log10(static_cast<double>(std::max<std::int64_t>(time.count(), 1)));
}

/// Whole decades, of which the first begins where the shortest bar may.
struct LogAxis {
  double from = 0;
  double to = 1;

  explicit LogAxis(const std::vector<Rung>& rungs) {
    double least = 1e9;
    double most = 0;
    for (const Rung& rung : rungs) {
      if (rung.p50) least = std::min(least, decade_of(*rung.p50));
      if (rung.p95) most = std::max(most, decade_of(*rung.p95));
    }
    from = std::ceil(std::min(least, most)) - 1;
    to = std::max(std::ceil(most), from + 1);
  }
  [[nodiscard]] double percent(double decade) const { return 100 * (decade - from) / (to - from); }
};

/// From the axis to p50 full, on to p95 pale.
std::string bar(const Rung& rung, const LogAxis& axis) {
  if (!rung.p50) return {};
  const double middle = axis.percent(decade_of(*rung.p50));
  const double end = rung.p95 ? axis.percent(decade_of(*rung.p95)) : middle;
  return fmt::format(
      "<span class=\"bar\"><span style=\"width:{:.1f}%\"></span><span class=\"pale\" "
      "style=\"width:{:.1f}%\"></span></span>",
      middle, std::max(end - middle, 0.0));
}

std::string ticks(const LogAxis& axis) {
  std::string text = "<span class=\"bar ticks\">";
  for (double decade = axis.from; decade < axis.to; ++decade) {
    text += fmt::format("<span style=\"width:{:.1f}%\">{}</span>", 100 / (axis.to - axis.from),
                        format_duration(Nanoseconds(
                            static_cast<std::int64_t>(std::llround(std::pow(10, decade))))));
  }
  return text + "</span>";
}

}  // namespace

std::string turns_text(const StoredRun& run) {
  const std::vector<Rung> rungs = rungs_of(run);
  if (rungs.empty()) return {};
  TextTable table({{"by turns", Align::left},
                   {"p50"},
                   {"p95"},
                   {"cpu/msg"},
                   {"p50 against the row above", Align::left}});
  for (const Rung& rung : rungs) {
    table.add({rung.scenario->name, duration_cell(rung.p50), duration_cell(rung.p95),
               duration_cell(rung.cpu), step_cell(rung)});
  }
  return table.text();
}

std::string turns_html(const StoredRun& run) {
  const std::vector<Rung> rungs = rungs_of(run);
  if (rungs.empty()) return {};
  const LogAxis axis(rungs);
  std::vector<std::vector<HtmlCell>> rows;
  for (const Rung& rung : rungs) {
    rows.push_back({html_name(rung.scenario->name),
                    {bar(rung, axis), "wide"},
                    {duration_cell(rung.p50)},
                    {duration_cell(rung.p95)},
                    {duration_cell(rung.cpu)},
                    {xml_text(step_cell(rung))}});
  }
  return "<section id=\"turns\"><h2>By turns</h2>\n<div class=\"scroll\">" +
         html_table({{"scenario", "text"},
                     {ticks(axis), "wide"},
                     {"p50"},
                     {"p95"},
                     {"CPU per message"},
                     {"p50 against the row above"}},
                    rows) +
         "</div>\n<p class=\"quiet\">A bar ends at p50, its pale part at p95; each decade is as "
         "wide "
         "as the next. The repetitions of all scenarios were taken by turns, so that a moving "
         "machine "
         "moves all of them. A difference is the mean over the rounds with its 95 % interval. "
         "CPU is of producers and consumers, and not told where they spin or "
         "yield.</p></section>\n";
}

std::vector<std::string> turn_sentences(const StoredRun& run) {
  std::vector<std::string> sentences;
  const Rung* before = nullptr;
  const std::vector<Rung> rungs = rungs_of(run);
  for (const Rung& rung : rungs) {
    if (rung.scenario->above && !rung.scenario->above->empty() && before != nullptr) {
      std::string text =
          fmt::format("{} against {}: ", rung.scenario->name, before->scenario->name);
      for (const StoredDifference& one : *rung.scenario->above) {
        text += fmt::format("{} {}, ", one.measure, difference_text(one));
      }
      sentences.push_back(fmt::format("{}{} rounds", text, rung.scenario->above->front().rounds));
    }
    before = &rung;
  }
  return sentences;
}

}  // namespace busmark
