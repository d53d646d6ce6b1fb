// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/core/units.hpp"
#include "busmark/engine/run_result.hpp"

namespace busmark {

struct LatencySummary;

/// One percentile of the delay that the machine alone makes, beside what was measured.
struct FloorPercentile {
  std::string percentile;  ///< `p99`.
  Nanoseconds value{};
  /// The measured percentile's interval reaches down to the floor: what was measured cannot be told
  /// from what these cores do without any bus.
  bool machine = false;
};

/// What a transport that takes no time would have shown on the cores of a scenario: the way of a
/// cache line from producer to consumer, and a wait wherever one of the two cores was away.
/// Measured by spinning on these cores just before and after each repetition, so it tells what the
/// machine does, not what it did at one particular message.
struct FloorSummary {
  Nanoseconds watched{};  ///< By all probes of one core together; the shortest of the cores.
  Nanoseconds one_way{};  ///< Median of the witnesses.
  Nanoseconds mean{};
  Nanoseconds max{};                         ///< Longest time away of a core.
  std::vector<FloorPercentile> percentiles;  ///< As of the response time.

  [[nodiscard]] const FloorPercentile* find(Percentile percentile) const;
};

/// Over the repetitions `used`. Empty when no core of some role could be probed. Pure. A message
/// due at any moment, evenly, meets a time away g of a core with chance g / watched and then waits
/// 0 to g, evenly, so P(wait > x) = sum(max(0, g - x)) / watched. Producers and consumers each
/// count as the average of their cores; the two are added, which is exact where they do not overlap
/// and too much where they do.
[[nodiscard]] std::optional<FloorSummary> summarise_floor(const ScenarioResult& result,
                                                          const std::vector<std::uint32_t>& used,
                                                          const LatencySummary& response);

}  // namespace busmark
