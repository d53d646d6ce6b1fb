// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "record/load.hpp"

namespace busmark {

/// Tells the class of a message from what every message carries, so that both ends come to the same
/// without a word about it on the wire. Draws are independent: in any run of n messages a class of
/// share p has n p of them, give or take sqrt(n p (1 - p)). Immutable; any thread may call it.
class ClassPicker {
 public:
  ClassPicker() = default;
  /// At most kMostClasses. `by_due`: the due time counts too. Without it the same seed gives the
  /// same classes, but a message that was refused passes its sequence number, and with it its
  /// class, on to the next: a queue that is full for long would only ever refuse one class.
  ClassPicker(std::span<const MessageClass> classes, std::uint64_t seed, bool by_due) noexcept;

  /// Number of classes; 0 without a mix.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// `due` in ticks. Below size(), or 0.
  [[nodiscard]] std::size_t pick(std::uint32_t producer, std::uint64_t sequence,
                                 std::int64_t due) const noexcept {
    const std::uint64_t word =
        hash(seed_ + 0x632be59bd9b4e019ULL * producer + 0x9e3779b97f4a7c15ULL * sequence +
             (static_cast<std::uint64_t>(due) * 0xd6e8feb86659fd93ULL & due_mask_));
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < size_; ++i) at += word >= ends_[i] ? 1U : 0U;
    return at;
  }

 private:
  /// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
  static constexpr std::uint64_t hash(std::uint64_t word) noexcept {
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
    return word ^ (word >> 31);
  }

  std::size_t size_ = 0;
  std::uint64_t seed_ = 0;
  std::uint64_t due_mask_ = 0;
  std::array<std::uint64_t, kMostClasses> ends_{};  ///< Of all words, those of class i lie below.
};

}  // namespace busmark
