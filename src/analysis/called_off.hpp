// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/analysis/verdict.hpp"

namespace busmark {

/// The undisturbed repetition that ended because a budget was certain to be missed; null where none
/// did.
[[nodiscard]] const RepetitionResult* called_off(const ScenarioResult& result) noexcept;

/// What `ended`, of called_off(), makes of one judged budget of the scenario. The missed one fails,
/// unless the machine alone misses it; where nothing else was measured the others are left open.
void judge_called_off(BudgetVerdict& judged, const RepetitionResult& ended,
                      const ScenarioResult& result, const ScenarioSummary& summary);

}  // namespace busmark
