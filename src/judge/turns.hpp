// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "record/repetition.hpp"
#include "record/run.hpp"

namespace busmark {

/// How far `one` is from `above`, where the repetitions were measured by turns: p50, p95 and the
/// rate, each by the quotients of the rounds in which neither was disturbed, cut short or without
/// enough samples. A measure without such a round is left out. Pure.
[[nodiscard]] std::vector<StoredDifference> differences_by_turns(const ScenarioResult& above,
                                                                 const ScenarioResult& one);

}  // namespace busmark
