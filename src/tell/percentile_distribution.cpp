// SPDX-License-Identifier: Apache-2.0
#include "tell/percentile_distribution.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "busmark/histogram/decimal.hpp"

namespace busmark {
namespace {

struct Row {
  double value;
  double fraction;
  std::uint64_t count;
};

/// The next level after `level` percent: steps halve with each half-distance to 100 %. In doubles
/// and in this order of operations, because Java's rounding decides which rows appear.
double next_level(double level, int ticks) {
  const double halvings = std::trunc(std::log(100.0 / (100.0 - level)) / std::log(2.0)) + 1;
  return level + 100.0 / (ticks * std::pow(2.0, halvings));
}

/// All rows but the last, which repeats the maximum at fraction 1.
std::vector<Row> rows_of(const DecodedHistogram& histogram,
                         const PercentileDistributionOptions& options) {
  std::vector<Row> rows;
  double level = 0;
  std::uint64_t seen = 0;
  for (const auto& bucket : histogram.buckets()) {
    seen += bucket.count;
    const double reached =
        100.0 * static_cast<double>(seen) / static_cast<double>(histogram.total());
    const double value = static_cast<double>(histogram.shape().highest_value(bucket.index));
    while (reached >= level && level < 100.0) {
      rows.push_back({value / options.scaling_ratio, level / 100.0, seen});
      if (seen == histogram.total()) return rows;
      const double next = next_level(level, options.ticks_per_half_distance);
      // So close to 100 % that a double holds no step any more; Java would print rows for ever.
      if (!(next > level)) return rows;
      level = next;
    }
  }
  return rows;
}

void check(const PercentileDistributionOptions& options) {
  if (options.ticks_per_half_distance < 1 || !std::isfinite(options.scaling_ratio) ||
      options.scaling_ratio <= 0) {
    throw std::invalid_argument("a percentile table needs a positive ratio and at least one tick");
  }
}

}  // namespace

std::string percentile_distribution(const DecodedHistogram& histogram,
                                    const PercentileDistributionOptions& options) {
  check(options);
  const int digits = histogram.shape().digits();
  const auto number = [&](double value) { return format_half_up(value, digits); };
  const double max = static_cast<double>(histogram.max()) / options.scaling_ratio;

  std::string text = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                 "TotalCount", "1/(1-Percentile)");
  const auto out = std::back_inserter(text);
  for (const auto& row : rows_of(histogram, options)) {
    fmt::format_to(out, "{:>12} {} {:>10} {:>14}\n", number(row.value),
                   format_half_up(row.fraction, 12), row.count,
                   format_half_up(1.0 / (1.0 - row.fraction), 2));
  }
  if (histogram.total() > 0) {
    fmt::format_to(out, "{:>12} {} {:>10}\n", number(max), format_half_up(1.0, 12),
                   histogram.total());
  }
  fmt::format_to(out, "#[Mean    = {:>12}, StdDeviation   = {:>12}]\n",
                 number(histogram.mean() / options.scaling_ratio),
                 number(histogram.stddev() / options.scaling_ratio));
  fmt::format_to(out, "#[Max     = {:>12}, Total count    = {:>12}]\n", number(max),
                 histogram.total());
  fmt::format_to(out, "#[Buckets = {:>12}, SubBuckets     = {:>12}]\n",
                 histogram.shape().bucket_count(), histogram.shape().sub_bucket_count());
  return text;
}

std::string percentile_distribution_csv(const DecodedHistogram& histogram,
                                        const PercentileDistributionOptions& options) {
  check(options);
  const int digits = histogram.shape().digits();
  std::string text = "\"Value\",\"Percentile\",\"TotalCount\",\"1/(1-Percentile)\"\n";
  const auto out = std::back_inserter(text);
  for (const auto& row : rows_of(histogram, options)) {
    fmt::format_to(out, "{},{},{},{}\n", format_half_up(row.value, digits),
                   format_half_up(row.fraction, 12), row.count,
                   format_half_up(1.0 / (1.0 - row.fraction), 2));
  }
  if (histogram.total() > 0) {
    const double max = static_cast<double>(histogram.max()) / options.scaling_ratio;
    fmt::format_to(out, "{},{},{},Infinity\n", format_half_up(max, digits), format_half_up(1.0, 12),
                   histogram.total());
  }
  return text;
}

}  // namespace busmark
