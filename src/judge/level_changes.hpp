// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// A smaller change of the median is none.
inline constexpr double kLevelChange = 0.25;

/// Changes of the p50 response time from interval to interval, or from section to section where
/// those are more, as find_change_points finds them. None where there are fewer than
/// 2 * kShortestStretch whole ones with kFewestMessages each, and none of a load in stages or a
/// fault, which change the level on purpose. Pure.
[[nodiscard]] std::vector<LevelChange> level_changes(const RepetitionResult& repetition);

/// With fewer, an interval's median is left to chance.
inline constexpr std::uint64_t kFewestMessages = 100;

}  // namespace busmark
