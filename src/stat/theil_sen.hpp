// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "stat/estimate.hpp"

namespace busmark {

/// Median; the mean of the middle two for an even number. 0 for none.
[[nodiscard]] double median(std::span<const double> values);

/// One value of a series; `x` ascends strictly.
struct SeriesPoint {
  double x = 0;
  double y = 0;
};

/// With fewer points no interval has two ends: all four in order are chance once in 24.
inline constexpr std::size_t kFewestForSlope = 5;

/// Autocorrelation at lag 1 that residuals of a fitted line or of two fitted levels may have at
/// most: freed of the bias that the fit gives it, and at the upper end of its 90 % interval. From 0
/// to 1; `correlation` is the one seen among `points` of them, of 10 or more. Source: Marriott and
/// Pope, Bias in the Estimation of Autocorrelations, 1954.
[[nodiscard]] double autocorrelation_bound(double correlation, std::size_t points);

/// With fewer points autocorrelation cannot be seen, and they are taken for independent.
inline constexpr std::size_t kFewestForAutocorrelation = 10;

/// By how much points may remember those before them.
enum class Memory : std::uint8_t {
  as_it_may_be,  ///< Up to autocorrelation_bound: for an interval that has to hold.
  as_seen,       ///< Significant autocorrelation alone: for who asks again and again.
};

/// The slope of a series by Theil and Sen, with the interval that Kendall's tau gives it; outliers
/// among up to 29 % of the points do not carry it away. Empty with fewer than two points.
///
/// The distribution of Kendall's statistic is exact up to 60 points and normal beyond. Points that
/// follow each other alike, as those of a random walk do, say less than so many independent ones:
/// autocorrelation of the ranks of what the line leaves over widens the interval, by as much as it
/// may be (autocorrelation_bound) and as is seen at longer lags; nothing narrows it. Where it may
/// be that of a random walk, nothing bounds the slope. More than 600 points are summed up in
/// blocks, by their medians. Sources: Sen, Estimates of the Regression Coefficient Based on
/// Kendall's Tau, 1968; Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 9.3; Hamed
/// and Rao, A modified Mann-Kendall trend test for autocorrelated data, 1998.
[[nodiscard]] std::optional<SlopeEstimate> theil_sen(std::span<const SeriesPoint> series,
                                                     Memory memory = Memory::as_it_may_be);

}  // namespace busmark
