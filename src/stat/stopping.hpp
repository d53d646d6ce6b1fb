// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "busmark/base/units.hpp"

#include "stat/percentile_interval.hpp"

namespace busmark {

/// How narrow the interval of a percentile is to be: `p99:5%`.
struct PrecisionGoal {
  Percentile percentile{};
  double half_width = 0;  ///< The farther end from the value, as a share of the value.
};

/// What a percentile is not to exceed.
struct PercentileLimit {
  Percentile percentile{};
  Nanoseconds limit{};
};

/// When a scenario has been repeated often enough. It is asked after the planned repetitions and
/// then a few times more: each look could end the run by chance, so their number is bounded.
struct StoppingRule {
  std::uint32_t planned = 3;  ///< Repetitions before the first look, at least 1.
  std::uint32_t most = 12;    ///< Repetitions after which it ends anyhow; `planned` at least.
  std::vector<PrecisionGoal> goals{};     ///< All are to be met.
  std::vector<PercentileLimit> limits{};  ///< All are to be decided.
};

/// Looks at most, the last one at `most` included.
inline constexpr std::uint32_t kMostLooks = 4;

/// Numbers of repetitions after which is looked, ascending: `planned`, then by about as many
/// again, and `most`.
[[nodiscard]] std::vector<std::uint32_t> looks_of(const StoppingRule& rule);

enum class StopReason : std::uint8_t {
  go_on,    ///< More repetitions are needed: up to `next`.
  planned,  ///< Nothing was asked for but the planned repetitions.
  enough,   ///< All goals are met and all limits decided.
  at_most,  ///< Not so, and there are to be no more.
};

struct StoppingAnswer {
  StopReason reason = StopReason::go_on;
  std::uint32_t next = 0;  ///< Repetitions in all before it is asked again; 0: it ends.
};

/// Whether to go on after `repetitions`, which `so_far` was made of. Before the last look a goal is
/// met and a limit decided only by a wider interval than the one that is shown, so that all looks
/// together err about as often as one. Asked between two looks, it goes on to the
/// next one. Pure.
[[nodiscard]] StoppingAnswer look(const StoppingRule& rule, const PercentileIntervals& so_far,
                                  std::uint32_t repetitions);

/// The farther end of an interval from its value as a share of the value; infinite where the
/// interval is not known or has no end.
[[nodiscard]] double relative_half_width(const PercentileInterval& interval) noexcept;

}  // namespace busmark
