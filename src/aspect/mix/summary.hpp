// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// The classes of a scenario; none without a mix. `whole` has all but `classes`. Pure.
[[nodiscard]] std::vector<ClassSummary> summarise_classes(const ScenarioResult& result,
                                                          const ScenarioSummary& whole);
/// A class as if it were a scenario of its own, to be judged by its own budgets.
[[nodiscard]] ScenarioSummary alone(const ClassSummary& one, const ScenarioSummary& whole);

}  // namespace busmark
