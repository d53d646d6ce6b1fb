// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "busmark/base/units.hpp"

namespace busmark {

/// Latency of a message that never arrived; above every limit.
inline constexpr Nanoseconds kNever = Nanoseconds::max();

/// A median with its interval by the sign test: as many values are cut off on either side as that
/// lets. It covers in 95 % or more of cases from kFewestForMedian values on, and less with fewer.
struct MedianEstimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// A 95 % interval of a quotient.
struct RatioInterval {
  double low = 0;
  double high = 0;
};

/// How fast a series rises, in units of y per unit of x.
struct SlopeEstimate {
  double slope = 0;  ///< Median of the slopes between any two points.
  /// 95 % interval; empty where the points cannot bound the slope.
  std::optional<double> low;
  std::optional<double> high;
  std::size_t points = 0;  ///< Behind it; a long series is summed up in blocks.
  double stretch = 1;      ///< By how much the interval is wider than for independent points.

  [[nodiscard]] bool bounded() const noexcept { return low && high; }
  /// Half of the interval: what this estimate can tell apart.
  [[nodiscard]] std::optional<double> half_width() const noexcept {
    if (!bounded()) return std::nullopt;
    return (*high - *low) / 2;
  }
};

/// A 95 % interval of a real figure, in its own unit.
struct RealInterval {
  double low = 0;
  double high = 0;
};

}  // namespace busmark
