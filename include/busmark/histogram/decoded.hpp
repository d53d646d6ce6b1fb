// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/shape.hpp"

namespace busmark {

/// A finished histogram of any shape: what was read from a file, or a copy of one of ours on its
/// way to a file. Holds only the buckets in use, so its memory follows the input, never the range
/// the input claims. As HdrHistogram has it, minimum and maximum are bucket bounds here.
class DecodedHistogram {
 public:
  struct Bucket {
    std::size_t index = 0;
    std::uint64_t count = 0;
    bool operator==(const Bucket&) const = default;
  };

  explicit DecodedHistogram(const HistogramShape& shape) : shape_(shape) {}

  /// The counts of a BasicHistogram; its exact minimum, maximum and overflow are not kept.
  template <typename HistogramType>
  requires requires(const HistogramType& h) { h.counts(); }
  explicit DecodedHistogram(const HistogramType& histogram) : shape_(histogram.shape()) {
    assign(histogram);
  }

  /// Becomes a copy of `histogram` in the memory that it has, as far as that suffices.
  template <typename HistogramType>
  void assign(const HistogramType& histogram) {
    shape_ = histogram.shape();
    buckets_.clear();
    total_ = 0;
    histogram.for_each_bucket(
        [this](std::size_t index, std::uint64_t count) { append(index, count); });
  }
  /// Takes and touches memory for every bucket of the shape; it is empty then.
  void reserve_all() {
    buckets_.assign(shape_.length(), {});
    buckets_.clear();
    total_ = 0;
  }

  /// Adds a bucket above all others; without effect when `count` is 0. Throws
  /// std::invalid_argument when `index` does not ascend or is outside the shape, and
  /// std::overflow_error when the total would exceed 2^63 - 1.
  void append(std::size_t index, std::uint64_t count);

  /// Adds all samples of `other`. Equal shapes merge bucket by bucket. Of different shapes the
  /// result has the finer digits, the smaller lowest and the larger highest value, whichever side
  /// merges; samples then count at their bucket's median. Throws std::overflow_error as `append`.
  void merge(const DecodedHistogram& other);

  [[nodiscard]] const HistogramShape& shape() const noexcept { return shape_; }
  /// Ascending, each count positive.
  [[nodiscard]] const std::vector<Bucket>& buckets() const noexcept { return buckets_; }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  /// Lowest value of the first bucket in use; 0 when empty.
  [[nodiscard]] std::uint64_t min() const noexcept;
  /// Highest value of the last bucket in use; 0 when empty.
  [[nodiscard]] std::uint64_t max() const noexcept;
  [[nodiscard]] double mean() const;
  [[nodiscard]] double stddev() const;
  /// As in BasicHistogram.
  [[nodiscard]] std::uint64_t value_at(Percentile percentile) const noexcept;
  /// As in BasicHistogram.
  [[nodiscard]] std::uint64_t value_at_percentile(double percent) const noexcept;

  template <typename Visit>
  void for_each_bucket(Visit&& visit) const {
    for (const auto& bucket : buckets_) visit(bucket.index, bucket.count);
  }

 private:
  [[nodiscard]] std::uint64_t value_at_rank(std::uint64_t rank, bool lowest) const noexcept;
  [[nodiscard]] DecodedHistogram reshaped(const HistogramShape& shape) const;

  HistogramShape shape_;
  std::vector<Bucket> buckets_;
  std::uint64_t total_ = 0;
};

}  // namespace busmark
