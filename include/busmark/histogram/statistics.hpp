// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "busmark/base/units.hpp"

namespace busmark {

/// How many of `total` samples a percentile must cover: ceil(p * total), at least 1. In integers,
/// because 0.95 has no exact double and a rank one too low reports a better p95 than was measured.
[[nodiscard]] constexpr std::uint64_t percentile_rank(Percentile percentile,
                                                      std::uint64_t total) noexcept {
  constexpr std::uint64_t kMillion = 1'000'000;
  const std::uint64_t parts = std::min<std::uint64_t>(percentile.parts_per_million, kMillion);
  // Split so that no product exceeds 64 bits.
  const std::uint64_t rank =
      parts * (total / kMillion) + (parts * (total % kMillion) + kMillion - 1) / kMillion;
  return std::max<std::uint64_t>(rank, 1);
}

/// The same for a percentile in percent (0..100, clamped). Percentiles finer than a millionth use
/// Java HdrHistogram's rule: ceil, guarded by one step of the double.
[[nodiscard]] inline std::uint64_t percentile_rank(double percent, std::uint64_t total) noexcept {
  const double clamped = std::clamp(std::isnan(percent) ? 0.0 : percent, 0.0, 100.0);
  const double parts = std::round(clamped * 10'000.0);
  if (parts / 10'000.0 == clamped) {
    return percentile_rank(Percentile{static_cast<std::uint32_t>(parts)}, total);
  }
  const double rank = std::ceil(std::nextafter(clamped, 0.0) * static_cast<double>(total) / 100.0);
  // The double may round above `total`, and a scan must never look past the last sample.
  return std::max<std::uint64_t>(1, std::min(static_cast<std::uint64_t>(rank), total));
}

/// Mean of a histogram: every sample counts as its bucket's median value. 0 when empty.
/// `Histogram` has `shape()`, `total()` and `for_each_bucket(f(index, count))`.
template <typename Histogram>
[[nodiscard]] double histogram_mean(const Histogram& histogram) {
  if (histogram.total() == 0) return 0;
  double sum = 0;
  histogram.for_each_bucket([&](std::size_t index, std::uint64_t count) {
    sum += static_cast<double>(histogram.shape().median_value(index)) * static_cast<double>(count);
  });
  return sum / static_cast<double>(histogram.total());
}

/// Standard deviation of the samples as a whole population, likewise. 0 when empty.
template <typename Histogram>
[[nodiscard]] double histogram_stddev(const Histogram& histogram) {
  if (histogram.total() == 0) return 0;
  const double mean = histogram_mean(histogram);
  double sum = 0;
  histogram.for_each_bucket([&](std::size_t index, std::uint64_t count) {
    const double deviation = static_cast<double>(histogram.shape().median_value(index)) - mean;
    sum += deviation * deviation * static_cast<double>(count);
  });
  return std::sqrt(sum / static_cast<double>(histogram.total()));
}

}  // namespace busmark
