// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

struct LatencySummary;

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
