// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/tell.hpp"

#include <fmt/format.h>

#include "base/table.hpp"

namespace busmark {
namespace {

std::string percentile_cell(const LatencySummary& latency, std::uint32_t parts_per_million) {
  const PercentileEstimate* estimate = latency.find({parts_per_million});
  const bool known = estimate != nullptr && estimate->supported;
  return duration_cell(known ? std::optional(estimate->value) : std::nullopt);
}

}  // namespace

std::vector<std::string> class_titles() {
  return {"asked", "share", "payload", "published", "received", "dropped", "refused",
          "lost",  "p50",   "p95",     "p99",       "max",      "verdict"};
}

std::vector<std::string> class_cells(const ClassSummary& one, std::uint64_t lost,
                                     std::optional<Verdict> verdict) {
  const LatencySummary& latency = one.response;
  return {fmt::format("{:.4g} %", one.asked * 100),
          fmt::format("{:.4g} %", one.share * 100),
          format_size(one.payload),
          fmt::format("{}", one.counts.published),
          fmt::format("{}", one.counts.received),
          fmt::format("{}", one.counts.dropped),
          fmt::format("{}", one.counts.refused),
          fmt::format("{}", lost),
          percentile_cell(latency, 500'000),
          percentile_cell(latency, 950'000),
          percentile_cell(latency, 990'000),
          duration_cell(latency.count > 0 ? std::optional(latency.max) : std::nullopt),
          verdict ? std::string(to_string(*verdict)) : "no budget"};
}

std::string classes_text(const StoredRun& run) {
  std::vector<TextTable::Column> columns{{"scenario", Align::left}, {"class", Align::left}};
  for (std::string& title : class_titles()) columns.push_back({std::move(title)});
  columns.back().align = Align::left;
  TextTable table(std::move(columns));
  bool any = false;
  bool both = false;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.classes) continue;
    const MessageCounts counts = scenario.all_counts();
    both = both || (counts.dropped > 0 && counts.lost > 0);
    for (const StoredClass& one : *scenario.classes) {
      any = true;
      const std::uint64_t lost = one.lost_in_all.value_or(one.summary.counts.lost);
      std::vector<std::string> cells{scenario.name, one.summary.name};
      for (std::string& cell : class_cells(one.summary, lost, one.verdict)) {
        cells.push_back(std::move(cell));
      }
      table.add(std::move(cells));
    }
  }
  if (!any) return "";
  return table.text() +
         (both ? "Some messages were dropped and some lost, of no class that is known: of "
                 "either a class has at most so many.\n"
               : "");
}

}  // namespace busmark
