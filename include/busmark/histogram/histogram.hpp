// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/units.hpp"
#include "busmark/histogram/shape.hpp"
#include "busmark/histogram/statistics.hpp"

namespace busmark {

/// Counts values 0..`Highest` (we record nanoseconds) with `Digits` significant digits: the same
/// buckets, ranks and statistics as Java's HdrHistogram, but minimum and maximum are exact.
///
/// One thread writes; anybody may read once that thread is joined, or use IntervalRecorder.
/// Memory is allocated and touched in the constructor; nothing allocates, locks or throws after
/// it but copies. A moved-from histogram may only be assigned to or destroyed.
template <int Digits, std::uint64_t Highest>
class alignas(kNoSharing) BasicHistogram {
 public:
  static_assert(Digits >= 1 && Digits <= 4, "1 to 4 significant digits");
  static_assert(Highest >= 2, "a range of at least 1..2");
  static constexpr HistogramShape kShape{1, Highest, Digits};

  /// Value-initialising the vector writes every page, so no record takes a page fault.
  BasicHistogram() : counts_(kShape.length()) {}

  /// Counts one value. Beyond `Highest` it is never dropped: it counts in `overflow()`, and in its
  /// own bucket if there is one, else in the last.
  void record(std::uint64_t value) noexcept { record_n(value, 1); }

  /// Counts `value` as `count` samples.
  void record_n(std::uint64_t value, std::uint64_t count) noexcept {
    // A new extreme, or a value beyond the range: one comparison tells both.
    if (value - min_ >= usual_values_) [[unlikely]] {
      record_unusual(value, count);
      return;
    }
    counts_[kShape.index_of(value)] += count;
  }

  /// Counts `value` and the samples a closed loop missed while it waited for it: value - E,
  /// value - 2E, ... down to E (E = `expected_interval`; 0 = no correction). Values beyond the
  /// range are filled in from its end. Takes value / E steps: keep it away from the hot path.
  /// Use this or `corrected_copy`, never both, and neither in an open loop.
  void record_corrected(std::uint64_t value, std::uint64_t expected_interval) noexcept {
    record(value);
    fill_in(std::min(value, Highest), 1, expected_interval);
  }

  /// A copy with the missed samples filled in afterwards, from each bucket's highest value as Java
  /// does. `overflow()` and `max()` keep speaking of recorded samples alone.
  [[nodiscard]] BasicHistogram corrected_copy(std::uint64_t expected_interval) const {
    BasicHistogram copy(*this);
    for_each_bucket([&](std::size_t index, std::uint64_t count) {
      copy.fill_in(kShape.highest_value(index), count, expected_interval);
    });
    return copy;
  }

  /// Adds all samples of `other`.
  void merge(const BasicHistogram& other) noexcept {
    std::uint64_t* const target = counts_.data();
    const std::uint64_t* const source = other.counts_.data();
    // In steps the compiler unrolls: 4.2 us instead of 7.5 us for three digits.
    for (std::size_t i = 0; i < kShape.length(); i += kMergeStep) {
      for (std::size_t k = i; k < i + kMergeStep; ++k) target[k] += source[k];
    }
    overflow_ += other.overflow_;
    set_extremes(std::min(min_, other.min_), std::max(max_, other.max_));
  }

  void reset() noexcept {
    std::fill(counts_.begin(), counts_.end(), std::uint64_t{0});
    overflow_ = 0;
    set_extremes(kNoMin, 0);
  }

  /// Summed up here, in 2 us for three digits: a total kept by record() would be one place in
  /// memory that each record has to wait for, which costs it 0.3 ns.
  [[nodiscard]] std::uint64_t total() const noexcept {
    const std::size_t end = used_length();
    std::uint64_t sum = 0;
    std::size_t i = 0;
    for (; i + kBlock <= end; i += kBlock) sum += block_sum(i);
    for (; i < end; ++i) sum += counts_[i];
    return sum;
  }
  /// Samples that were beyond `Highest`; percentiles that reach them are too low.
  [[nodiscard]] std::uint64_t overflow() const noexcept { return overflow_; }
  /// Exact smallest value; 0 when empty.
  [[nodiscard]] std::uint64_t min() const noexcept { return empty() ? 0 : min_; }
  /// Exact largest value, also beyond `Highest`; 0 when empty.
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept { return histogram_mean(*this); }
  [[nodiscard]] double stddev() const noexcept { return histogram_stddev(*this); }

  /// Highest value of the bucket that holds the sample of rank ceil(p * total): at least `p` of all
  /// samples are no larger. For p = 0 the lowest value of the first bucket in use. 0 when empty.
  [[nodiscard]] std::uint64_t value_at(Percentile percentile) const noexcept {
    std::uint64_t value = 0;
    values_at({&percentile, 1}, {&value, 1});
    return value;
  }

  /// The same for a percentile in percent, 0..100.
  [[nodiscard]] std::uint64_t value_at_percentile(double percent) const noexcept {
    if (empty()) return 0;
    Scan scan;
    const std::size_t index = find(scan, percentile_rank(percent, total()));
    return percent > 0 ? kShape.highest_value(index) : kShape.lowest_value(index);
  }

  /// Highest value of the bucket that holds the sample of `rank` (1..total()). 0 when empty.
  [[nodiscard]] std::uint64_t value_at_rank(std::uint64_t rank) const noexcept {
    if (empty()) return 0;
    Scan scan;
    return kShape.highest_value(find(scan, rank));
  }

  /// `value_at` for each of `percentiles`, in one pass over the counts when they ascend (any order
  /// is right). `out` must be as long as `percentiles`.
  void values_at(std::span<const Percentile> percentiles,
                 std::span<std::uint64_t> out) const noexcept {
    assert(percentiles.size() == out.size());
    if (empty()) {
      std::fill(out.begin(), out.end(), std::uint64_t{0});
      return;
    }
    const std::uint64_t count = total();
    Scan scan;
    for (std::size_t i = 0; i < percentiles.size(); ++i) {
      const std::size_t index = find(scan, percentile_rank(percentiles[i], count));
      const bool is_zero = percentiles[i].parts_per_million == 0;
      out[i] = is_zero ? kShape.lowest_value(index) : kShape.highest_value(index);
    }
  }

  [[nodiscard]] static constexpr const HistogramShape& shape() noexcept { return kShape; }
  /// Counts by bucket index; `shape()` tells each bucket's bounds.
  [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept { return counts_; }
  /// Calls `visit(index, count)` for each bucket in use, lowest first.
  template <typename Visit>
  void for_each_bucket(Visit&& visit) const {
    const std::size_t end = used_length();
    for (std::size_t i = 0; i < end; ++i) {
      if (counts_[i] != 0) visit(i, counts_[i]);
    }
  }

 private:
  static constexpr std::uint64_t kNoMin = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kMergeStep = 16;
  static_assert(kShape.length() % kMergeStep == 0);

  /// Where a scan for ascending ranks stands: `before` samples lie below bucket `index`.
  struct Scan {
    std::size_t index = 0;
    std::uint64_t before = 0;
  };

  void record_unusual(std::uint64_t value, std::uint64_t count) noexcept {
    if (count == 0) return;
    if (value > Highest) overflow_ += count;
    set_extremes(std::min(min_, value), std::max(max_, value));
    counts_[kShape.index_of(std::min(value, kShape.largest()))] += count;
  }

  void set_extremes(std::uint64_t min, std::uint64_t max) noexcept {
    min_ = min;
    max_ = max;
    const std::uint64_t usual_max = std::min(max, Highest);
    usual_values_ = usual_max >= min ? usual_max - min + 1 : 0;
  }

  /// No count is looked at: whatever was recorded has left a minimum or a maximum.
  [[nodiscard]] bool empty() const noexcept { return min_ == kNoMin && max_ == 0; }

  void fill_in(std::uint64_t value, std::uint64_t count, std::uint64_t interval) noexcept {
    if (interval == 0) return;
    while (value >= interval && value - interval >= interval) {
      value -= interval;
      counts_[kShape.index_of(value)] += count;
      set_extremes(std::min(min_, value), max_);
    }
  }

  /// Buckets up to the one of the maximum; there is nothing above.
  [[nodiscard]] std::size_t used_length() const noexcept {
    return kShape.index_of(std::min(max_, kShape.largest())) + 1;
  }

  /// Sum of `kBlock` counts from `index` on, in lanes that the compiler turns into vectors.
  [[nodiscard]] std::uint64_t block_sum(std::size_t index) const noexcept {
    constexpr std::size_t kLanes = 8;
    const std::uint64_t* const block = counts_.data() + index;
    std::array<std::uint64_t, kLanes> lanes{};
    for (std::size_t i = 0; i < kBlock; i += kLanes) {
      for (std::size_t k = 0; k < kLanes; ++k) lanes[k] += block[i + k];
    }
    return std::accumulate(lanes.begin(), lanes.end(), std::uint64_t{0});
  }

  /// Index of the bucket that holds the sample of `rank` (1..total). Whole blocks are summed,
  /// only the last one is walked bucket by bucket.
  std::size_t find(Scan& scan, std::uint64_t rank) const noexcept {
    if (rank <= scan.before) scan = {};
    const std::size_t length = used_length();
    while (scan.index + kBlock <= length) {
      const std::uint64_t sum = block_sum(scan.index);
      if (scan.before + sum >= rank) break;
      scan.before += sum;
      scan.index += kBlock;
    }
    std::uint64_t seen = scan.before;
    std::size_t index = scan.index;
    while (index + 1 < length && seen + counts_[index] < rank) seen += counts_[index++];
    return index;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t min_ = kNoMin;
  std::uint64_t usual_values_ = 0;  ///< How many there are from min_ to min(max_, Highest).
  std::uint64_t max_ = 0;
  std::uint64_t overflow_ = 0;
};

/// The histogram of the engine: 1 ns to 60 s, 3 digits (no bucket wider than 0.1 %), 216 KiB.
using Histogram = BasicHistogram<3, 60'000'000'000>;

}  // namespace busmark
