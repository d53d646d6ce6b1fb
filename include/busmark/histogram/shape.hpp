// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace busmark {

/// Which values share a bucket: the index arithmetic of HdrHistogram (Gil Tene), so that our counts
/// mean the same in every tool of that family. Values up to 2^m share buckets `unit` wide, each
/// further power of two doubles the width; m is such that a bucket is never wider than 10^-digits
/// of its values. Immutable, usable in constant expressions.
class HistogramShape {
 public:
  static constexpr int kMaxDigits = 5;

  /// Whether HdrHistogram allows this shape: `lowest` >= 1, `highest` >= 2 * lowest and below 2^63,
  /// 0 to 5 digits, and buckets whose bounds fit 63 bits.
  [[nodiscard]] static constexpr bool valid(std::uint64_t lowest, std::uint64_t highest,
                                            int digits) noexcept {
    if (digits < 0 || digits > kMaxDigits || lowest < 1) return false;
    if (highest > kMaxValue || highest / 2 < lowest) return false;
    return unit_magnitude_of(lowest) + sub_bucket_magnitude(digits) - 1 <= 61;
  }

  /// Throws std::invalid_argument when not `valid`.
  constexpr HistogramShape(std::uint64_t lowest, std::uint64_t highest, int digits)
      : lowest_(lowest), highest_(highest), digits_(digits) {
    if (!valid(lowest, highest, digits)) {
      throw std::invalid_argument(
          "a histogram needs 0..5 digits, lowest >= 1 and highest >= 2 * lowest");
    }
    unit_magnitude_ = unit_magnitude_of(lowest);
    half_magnitude_ = sub_bucket_magnitude(digits) - 1;
    mask_ = (sub_bucket_count() - 1) << unit_magnitude_;
    bucket_count_ = buckets_needed();
  }

  [[nodiscard]] constexpr std::uint64_t lowest() const noexcept { return lowest_; }
  [[nodiscard]] constexpr std::uint64_t highest() const noexcept { return highest_; }
  [[nodiscard]] constexpr int digits() const noexcept { return digits_; }
  [[nodiscard]] constexpr int bucket_count() const noexcept { return bucket_count_; }
  [[nodiscard]] constexpr std::uint64_t sub_bucket_count() const noexcept {
    return std::uint64_t{2} << half_magnitude_;
  }
  /// Number of counts an array of this shape has.
  [[nodiscard]] constexpr std::size_t length() const noexcept {
    return static_cast<std::size_t>(bucket_count_ + 1) << half_magnitude_;
  }
  /// Largest value with a bucket of its own; at least `highest`.
  [[nodiscard]] constexpr std::uint64_t largest() const noexcept {
    return highest_value(length() - 1);
  }

  /// Index of the bucket that counts `value`, which must not exceed `largest()`.
  [[nodiscard]] constexpr std::size_t index_of(std::uint64_t value) const noexcept {
    // The highest bit as 63 ^ zeros is a single bsr on any x86-64, and shifting it before its
    // offset comes off turns that offset into a part of the address.
    const unsigned top = 63U ^ static_cast<unsigned>(std::countl_zero(value | mask_));
    const auto half = static_cast<unsigned>(half_magnitude_);
    const std::size_t offset = static_cast<std::size_t>(half_magnitude_ + unit_magnitude_) << half;
    return (std::size_t{top} << half) + static_cast<std::size_t>(value >> (top - half)) - offset;
  }
  /// Smallest value counted at `index`.
  [[nodiscard]] constexpr std::uint64_t lowest_value(std::size_t index) const noexcept {
    const std::uint64_t half = sub_bucket_count() / 2;
    const std::uint64_t row = index >> half_magnitude_;
    const std::uint64_t column = index & (half - 1);
    return (row == 0 ? column : column + half) << width_shift(index);
  }
  /// Largest value counted at `index`.
  [[nodiscard]] constexpr std::uint64_t highest_value(std::size_t index) const noexcept {
    return lowest_value(index) + (std::uint64_t{1} << width_shift(index)) - 1;
  }
  /// The value that stands for all of `index` in means and deviations.
  [[nodiscard]] constexpr std::uint64_t median_value(std::size_t index) const noexcept {
    return lowest_value(index) + (std::uint64_t{1} << width_shift(index)) / 2;
  }

  friend constexpr bool operator==(const HistogramShape& a, const HistogramShape& b) noexcept {
    return a.lowest_ == b.lowest_ && a.highest_ == b.highest_ && a.digits_ == b.digits_;
  }

 private:
  static constexpr std::uint64_t kMaxValue = (std::uint64_t{1} << 63) - 1;

  static constexpr int unit_magnitude_of(std::uint64_t lowest) noexcept {
    return 63 - std::countl_zero(lowest);
  }
  /// ceil(log2(2 * 10^digits)).
  static constexpr int sub_bucket_magnitude(int digits) noexcept {
    constexpr int kMagnitude[kMaxDigits + 1] = {1, 5, 8, 11, 15, 18};
    return kMagnitude[digits];
  }
  [[nodiscard]] constexpr int buckets_needed() const noexcept {
    int buckets = 1;
    for (std::uint64_t limit = sub_bucket_count() << unit_magnitude_; limit <= highest_;
         limit <<= 1) {
      ++buckets;
      if (limit > kMaxValue / 2) break;
    }
    return buckets;
  }
  [[nodiscard]] constexpr int width_shift(std::size_t index) const noexcept {
    const int row = static_cast<int>(index >> half_magnitude_);
    return std::max(row - 1, 0) + unit_magnitude_;
  }

  std::uint64_t lowest_;
  std::uint64_t highest_;
  std::uint64_t mask_ = 0;
  int digits_;
  int unit_magnitude_ = 0;
  int half_magnitude_ = 0;
  int bucket_count_ = 0;
};

}  // namespace busmark
