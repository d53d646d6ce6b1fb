// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// Titles of a table of stages, and the cells of one.
[[nodiscard]] std::vector<std::string> stage_titles();
[[nodiscard]] std::vector<std::string> stage_cells(const StageSummary& stage);

/// A row for each stage of each scenario that has any; empty without stages.
[[nodiscard]] std::string load_stages_text(const StoredRun& run);
/// `100k/s`, `max`, or `staged` with the reference rate.
[[nodiscard]] std::string load_cell(const StoredScenario& scenario);

}  // namespace busmark
