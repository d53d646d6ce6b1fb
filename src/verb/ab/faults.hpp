// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "verb/ab/judge.hpp"

namespace busmark {

/// Rows `invalid`, `disturbed` and `undelivered` of a scenario, each where it has happened at all.
/// Their p values are not adjusted and their verdicts are not known yet. `alpha`: of the interval.
[[nodiscard]] std::vector<MeasureChange> fault_rows(const AbScenario& scenario, double alpha);

/// The verdict by the adjusted p value. Nothing but a difference within its error or the threshold
/// is no change.
void judge_faults(MeasureChange& row, double threshold);

/// Whether B is more often disturbed than A, more than by chance.
[[nodiscard]] bool disturbs_itself(const AbScenario& scenario);

}  // namespace busmark
