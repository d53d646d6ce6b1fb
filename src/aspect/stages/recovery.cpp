// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/recovery.hpp"

namespace busmark {
namespace {

/// Samples above `limit`, whole buckets.
std::uint64_t samples_above(const DecodedHistogram& histogram, Nanoseconds limit) {
  std::uint64_t samples = 0;
  histogram.for_each_bucket([&](std::size_t index, std::uint64_t count) {
    const std::uint64_t lowest = histogram.shape().lowest_value(index);
    if (lowest > static_cast<std::uint64_t>(limit.count())) samples += count;
  });
  return samples;
}

}  // namespace

std::optional<Nanoseconds> find_recovery(const std::vector<IntervalResult>& intervals,
                                         Nanoseconds over, Nanoseconds p95) {
  for (const IntervalResult& interval : intervals) {
    const std::uint64_t count = interval.response.total();
    if (interval.start < over || count < kRecoverySamples) continue;
    if (samples_above(interval.response, p95) * 10 <= count) return interval.start;
  }
  return std::nullopt;
}

}  // namespace busmark
