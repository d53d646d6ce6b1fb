// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/tell.hpp"

#include <fmt/format.h>

#include "base/table.hpp"

namespace busmark {
namespace {

/// Empty where there is nothing to come back from, `-` where the p95 before is not known.
std::string recovery_cell(const StageSummary& stage) {
  if (!stage.raised) return "";
  if (stage.p95_before && !stage.recovery) return "not back";
  return duration_cell(stage.recovery);
}

}  // namespace

std::vector<std::string> stage_titles() {
  return {"from", "intended", "achieved", "received", "p50", "p95", "p99", "max", "p95 back"};
}

std::vector<std::string> stage_cells(const StageSummary& stage) {
  return {format_duration(stage.start),
          format_rate({stage.intended_rate}),
          format_rate({stage.achieved_rate}),
          fmt::format("{}", stage.received),
          duration_cell(stage.p50),
          duration_cell(stage.p95),
          duration_cell(stage.p99),
          duration_cell(stage.max),
          recovery_cell(stage)};
}

std::string load_stages_text(const StoredRun& run) {
  std::vector<TextTable::Column> columns{{"scenario", Align::left}, {"stage", Align::left}};
  for (std::string& title : stage_titles()) columns.push_back({std::move(title)});
  TextTable table(std::move(columns));
  bool any = false;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.stages) continue;
    for (const StageSummary& stage : *scenario.stages) {
      any = true;
      std::vector<std::string> cells{scenario.name, stage.name};
      for (std::string& cell : stage_cells(stage)) cells.push_back(std::move(cell));
      table.add(std::move(cells));
    }
  }
  if (!any) return "";
  return table.text() +
         "A message belongs to the stage in which it is due; \"p95 back\" counts from the stage's "
         "end.\n";
}

std::string load_cell(const StoredScenario& scenario) {
  const std::string load = scenario.parameter("load");
  return scenario.parameter("stages").empty() ? load : "staged " + load;
}

}  // namespace busmark
