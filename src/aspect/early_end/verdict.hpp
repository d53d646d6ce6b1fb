// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/repetition.hpp"
#include "record/summary.hpp"
#include "record/verdict.hpp"

namespace busmark {

/// The undisturbed repetition that ended because a budget was certain to be missed; null where none
/// did.
[[nodiscard]] const RepetitionResult* called_off(const ScenarioResult& result) noexcept;

/// How a budget is judged against figures that are taken as valid.
using JudgeBudget = BudgetVerdict (*)(const Budget& budget, const ScenarioSummary& summary);

/// What `ended`, of called_off(), makes of one judged budget of the scenario. The missed one is
/// judged by all repetitions that held still, in which what a called-off one did not send any more
/// never arrived: FAIL where the rule has it so, and never a pass. Where nothing else was measured
/// the others are left open.
void judge_called_off(BudgetVerdict& judged, const RepetitionResult& ended,
                      const ScenarioResult& result, const ScenarioSummary& summary,
                      JudgeBudget judge);

}  // namespace busmark
