// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/decoded.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "busmark/histogram/statistics.hpp"

namespace busmark {
namespace {

constexpr std::uint64_t kMaxTotal = std::numeric_limits<std::int64_t>::max();

/// A shape that is as fine as the finer and holds every sample of both.
HistogramShape common_shape(const HistogramShape& a, const HistogramShape& b) {
  const auto lowest = std::min(a.lowest(), b.lowest());
  const auto digits = std::max(a.digits(), b.digits());
  const HistogramShape shape(lowest, std::max(a.highest(), b.highest()), digits);
  const auto largest = std::max(a.largest(), b.largest());
  return shape.largest() >= largest ? shape : HistogramShape(lowest, largest, digits);
}

}  // namespace

void DecodedHistogram::append(std::size_t index, std::uint64_t count) {
  if (index >= shape_.length() || (!buckets_.empty() && index <= buckets_.back().index)) {
    throw std::invalid_argument("histogram buckets must ascend and lie in the range");
  }
  if (count == 0) return;
  if (count > kMaxTotal - total_) {
    throw std::overflow_error("the counts of the histogram add up to more than 2^63 - 1");
  }
  buckets_.push_back({index, count});
  total_ += count;
}

void DecodedHistogram::merge(const DecodedHistogram& other) {
  if (!(shape_ == other.shape_)) {
    const auto shape = common_shape(shape_, other.shape_);
    DecodedHistogram left = reshaped(shape);
    left.merge(other.reshaped(shape));
    *this = std::move(left);
    return;
  }
  DecodedHistogram sum(shape_);
  sum.buckets_.reserve(buckets_.size() + other.buckets_.size());
  auto a = buckets_.begin();
  auto b = other.buckets_.begin();
  while (a != buckets_.end() || b != other.buckets_.end()) {
    const bool take_a = b == other.buckets_.end() || (a != buckets_.end() && a->index <= b->index);
    const bool take_b = a == buckets_.end() || (b != other.buckets_.end() && b->index <= a->index);
    const std::size_t index = take_a ? a->index : b->index;
    // Two counts up to 2^63 - 1 each fit 64 bits.
    std::uint64_t count = 0;
    if (take_a) count += (a++)->count;
    if (take_b) count += (b++)->count;
    sum.append(index, count);
  }
  *this = std::move(sum);
}

DecodedHistogram DecodedHistogram::reshaped(const HistogramShape& shape) const {
  if (shape == shape_) return *this;
  DecodedHistogram result(shape);
  std::uint64_t pending = 0;
  std::size_t index = 0;
  for (const auto& bucket : buckets_) {
    const std::size_t next = shape.index_of(shape_.median_value(bucket.index));
    if (next != index) result.append(index, std::exchange(pending, 0));
    index = next;
    pending += bucket.count;
  }
  if (pending != 0) result.append(index, pending);
  return result;
}

std::uint64_t DecodedHistogram::min() const noexcept {
  return buckets_.empty() ? 0 : shape_.lowest_value(buckets_.front().index);
}

std::uint64_t DecodedHistogram::max() const noexcept {
  return buckets_.empty() ? 0 : shape_.highest_value(buckets_.back().index);
}

double DecodedHistogram::mean() const { return histogram_mean(*this); }

double DecodedHistogram::stddev() const { return histogram_stddev(*this); }

std::uint64_t DecodedHistogram::value_at(Percentile percentile) const noexcept {
  return value_at_rank(percentile_rank(percentile, total_), percentile.parts_per_million == 0);
}

std::uint64_t DecodedHistogram::value_at_percentile(double percent) const noexcept {
  return value_at_rank(percentile_rank(percent, total_), !(percent > 0));
}

std::uint64_t DecodedHistogram::value_at_rank(std::uint64_t rank, bool lowest) const noexcept {
  std::uint64_t seen = 0;
  for (const auto& bucket : buckets_) {
    seen += bucket.count;
    if (seen < rank) continue;
    return lowest ? shape_.lowest_value(bucket.index) : shape_.highest_value(bucket.index);
  }
  return 0;
}

}  // namespace busmark
