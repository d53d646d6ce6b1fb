// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "busmark/core/cache_line.hpp"
#include "busmark/core/histogram_shape.hpp"
#include "busmark/core/histogram_statistics.hpp"
#include "busmark/core/units.hpp"

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
    if (value > Highest) [[unlikely]] {
      overflow_ += count;
      add(std::min(value, kShape.largest()), count);
    } else {
      add(value, count);
    }
    // Guarded, not std::min/max: with unconditional stores g++ packs both into one 16-byte store
    // that the next record's 8-byte loads have to wait for (3.9 ns instead of 1.2 ns).
    if (count != 0) {
      if (value < min_) [[unlikely]]
        min_ = value;
      if (value > max_) [[unlikely]]
        max_ = value;
    }
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
    total_ += other.total_;
    overflow_ += other.overflow_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  void reset() noexcept {
    std::fill(counts_.begin(), counts_.end(), std::uint64_t{0});
    total_ = 0;
    overflow_ = 0;
    min_ = kNoMin;
    max_ = 0;
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  /// Samples that were beyond `Highest`; percentiles that reach them are too low.
  [[nodiscard]] std::uint64_t overflow() const noexcept { return overflow_; }
  /// Exact smallest value; 0 when empty.
  [[nodiscard]] std::uint64_t min() const noexcept { return total_ == 0 ? 0 : min_; }
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
    if (total_ == 0) return 0;
    Scan scan;
    const std::size_t index = find(scan, percentile_rank(percent, total_));
    return percent > 0 ? kShape.highest_value(index) : kShape.lowest_value(index);
  }

  /// Highest value of the bucket that holds the sample of `rank` (1..total()). 0 when empty.
  [[nodiscard]] std::uint64_t value_at_rank(std::uint64_t rank) const noexcept {
    if (total_ == 0) return 0;
    Scan scan;
    return kShape.highest_value(find(scan, rank));
  }

  /// `value_at` for each of `percentiles`, in one pass over the counts when they ascend (any order
  /// is right). `out` must be as long as `percentiles`.
  void values_at(std::span<const Percentile> percentiles,
                 std::span<std::uint64_t> out) const noexcept {
    assert(percentiles.size() == out.size());
    Scan scan;
    for (std::size_t i = 0; i < percentiles.size(); ++i) {
      if (total_ == 0) {
        out[i] = 0;
        continue;
      }
      const std::size_t index = find(scan, percentile_rank(percentiles[i], total_));
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
    for (std::size_t i = 0; i < counts_.size(); ++i) {
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

  void add(std::uint64_t value, std::uint64_t count) noexcept {
    counts_[kShape.index_of(value)] += count;
    total_ += count;
  }

  void fill_in(std::uint64_t value, std::uint64_t count, std::uint64_t interval) noexcept {
    if (interval == 0) return;
    while (value >= interval && value - interval >= interval) {
      value -= interval;
      add(value, count);
      min_ = std::min(min_, value);
    }
  }

  /// Index of the bucket that holds the sample of `rank` (1..total). Whole blocks are summed, which
  /// the compiler turns into vector adds; only the last block is walked bucket by bucket.
  std::size_t find(Scan& scan, std::uint64_t rank) const noexcept {
    if (rank <= scan.before) scan = {};
    const std::size_t length = counts_.size();
    while (scan.index + kBlock <= length) {
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < kBlock; ++i) sum += counts_[scan.index + i];
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
  std::uint64_t total_ = 0;
  std::uint64_t min_ = kNoMin;
  std::uint64_t max_ = 0;
  std::uint64_t overflow_ = 0;
};

/// The histogram of the engine: 1 ns to 60 s, 3 digits (no bucket wider than 0.1 %), 216 KiB.
using Histogram = BasicHistogram<3, 60'000'000'000>;

}  // namespace busmark
