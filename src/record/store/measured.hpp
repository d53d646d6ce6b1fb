// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/plan.hpp"
#include "record/repetition.hpp"
#include "record/run_result.hpp"

namespace busmark {

/// What a run knows before it measures, on one line of JSON: machine, clock, own cost.
[[nodiscard]] std::string write_begun(const RunResult& result);
/// Throws SetupError, which names it as `what`, for anything else.
void read_begun(std::string_view text, std::string_view what, RunResult& result);

/// A plan as it is handed on, and the cores of its scenarios, likewise on one line of JSON.
[[nodiscard]] std::string write_plan(const PlanText& plan);
[[nodiscard]] PlanText read_plan(std::string_view text, std::string_view what);
[[nodiscard]] std::string write_placements(const std::vector<Placement>& placements);
[[nodiscard]] std::vector<Placement> read_placements(std::string_view text, std::string_view what);

/// One repetition as it was measured, before anything is made of it, on one line of JSON:
/// histograms in the V2 encoding with their exact extremes.
[[nodiscard]] std::string write_measured(const RepetitionResult& result);
/// The inverse. Throws as read_begun() does.
[[nodiscard]] RepetitionResult read_measured(std::string_view text, std::string_view what);

}  // namespace busmark
