// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "busmark/histogram/decoded.hpp"

namespace busmark {

struct PercentileDistributionOptions {
  /// Rows between one half-distance to 100 % and the next (50, 75, 87.5 ...); at least 1.
  int ticks_per_half_distance = 5;
  /// Values are divided by this: 1000 shows nanoseconds as microseconds, which keeps rows narrow
  /// enough for hdr-plot. Positive and finite.
  double scaling_ratio = 1'000;
};

/// HdrHistogram's percentile distribution table (.hgrm), byte for byte as Java's
/// `outputPercentileDistribution` writes it.
[[nodiscard]] std::string percentile_distribution(
    const DecodedHistogram& histogram, const PercentileDistributionOptions& options = {});

/// The same as comma-separated values, also byte for byte Java's.
[[nodiscard]] std::string percentile_distribution_csv(
    const DecodedHistogram& histogram, const PercentileDistributionOptions& options = {});

}  // namespace busmark
