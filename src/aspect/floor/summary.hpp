// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/repetition.hpp"

namespace busmark {

struct LatencySummary;

/// The machine's part beside the limit of one latency budget. Lower ends are of 95 % intervals.
struct FloorLimit {
  double limit_ns = 0;
  double delayed = 0;  ///< Share of messages that these cores alone delay beyond the limit.
  double delayed_low = 0;
  /// Share that they delay so long that the limit is missed if the bus takes what it takes in the
  /// middle (p50): what the machine accounts for of the messages beyond the limit.
  double accounted = 0;
  double longer_low = 0;  ///< Times away longer than the limit that one core had, in all windows.
};

/// One percentile of the delay that the machine alone makes, beside what was measured.
struct FloorPercentile {
  std::string percentile;  ///< `p99`.
  Nanoseconds value{};
  /// Lower end of its 95 % interval: few gaps, or gaps of few probes, tell little of the machine.
  /// There is no upper one, as a probe of some 0.1 s bounds nothing from above.
  std::optional<Nanoseconds> low{};  ///< Empty in a file of an earlier version.
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
  std::optional<Nanoseconds> mean_low{};     ///< Lower end of its interval, as above.
  Nanoseconds max{};                         ///< Longest time away of a core.
  std::vector<FloorPercentile> percentiles;  ///< As of the response time.
  std::vector<FloorLimit> limits;            ///< Of the latency budgets, those of classes too.

  [[nodiscard]] const FloorPercentile* find(Percentile percentile) const;
  [[nodiscard]] const FloorLimit* find_limit(double limit_ns) const;
};

/// What a core beside the measured ones did while messages were measured, over all repetitions used
/// together. It is no part of the floor that a percentile is held against, which is that of the
/// measured cores: it tells whether the machine was during the run what it was around it.
struct FloorDuringSummary {
  int cpu = 0;
  Nanoseconds watched{};
  std::uint64_t gaps = 0;
  Nanoseconds p99{};  ///< Of the gaps' lengths.
  Nanoseconds longest{};
  double lost_share = 0;      ///< Of the time watched, as all shares.
  double switched_share = 0;  ///< Of that, another thread had the core.
  double own_share = 0;       ///< Of that, busmark's own threads at most.
  double foreign_share = 0;   ///< Lost to anything but busmark's own threads, at least.
  double around_share = 0;    ///< The same before and after the repetitions.

  /// Far more than around: the probes before and after tell too little of the run.
  [[nodiscard]] bool noisier() const noexcept {
    constexpr double kFactor = 5;
    constexpr double kLeast = 0.005;
    return foreign_share > kFactor * around_share && foreign_share - around_share > kLeast;
  }
};

/// Empty where no core was watched, or another one each time. Pure.
[[nodiscard]] std::optional<FloorDuringSummary> summarise_floor_during(
    const ScenarioResult& result, const std::vector<std::uint32_t>& used);

/// Over the repetitions `used`. Empty when no core of some role could be probed. Pure. A message
/// due at any moment, evenly, meets a time away g of a core with chance g / watched and then waits
/// 0 to g, evenly, so P(wait > x) = sum(max(0, g - x)) / watched. Producers and consumers each
/// count as the average of their cores; the two are added, which is exact where they do not overlap
/// and too much where they do.
///
/// Its lower ends take the gaps for events at random: a sum over them, each with its weight, has
/// the lower end of Fay and Feuer 1997 (Confidence intervals for directly standardized rates,
/// Statistics in Medicine 16), a gamma quantile of the same mean and variance. The variance is that
/// of the gaps or of the probes' sums, whichever is larger: gaps come in bursts. One gap alone has
/// a lower end of about 1 % of what it amounts to.
[[nodiscard]] std::optional<FloorSummary> summarise_floor(const ScenarioResult& result,
                                                          const std::vector<std::uint32_t>& used,
                                                          const LatencySummary& response);

}  // namespace busmark
