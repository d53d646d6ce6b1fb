// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stat/statistics.hpp"

namespace busmark {

/// From here on the values are others than before.
struct ChangePoint {
  std::size_t at = 0;  ///< The first of the later values.
  double before = 0;   ///< Medians of the stretches on either side.
  double after = 0;
};

/// Values on either side of a change point: with fewer no test could tell.
inline constexpr std::size_t kShortestStretch = 4;

/// Where the level of the values changes by more than `threshold`: the series is halved where the
/// means before and behind are farthest apart, as long as fewer permutations of it than
/// `significance` have a place as far apart. The error is spent once: each part is allowed its
/// share of the series, so that a series of one level has any change point in at most
/// `significance` of cases, and one of several has a false one in no more. Values that remember
/// those before them count for as few as autocorrelation_bound() makes them; outliers count as far
/// as Tukey's fences. Positive values. Pure, and the same every time. Sources: Matteson and James,
/// A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data, 2014
/// (E-divisive: halving by permutations); Meinshausen, Hierarchical Testing of Variable Importance,
/// 2008 (shares of the error).
[[nodiscard]] std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                                          double threshold,
                                                          double significance = kSignificance);

}  // namespace busmark
