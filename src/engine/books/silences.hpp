// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace busmark {

/// A stretch of time in which a receiver got nothing. Ticks.
struct Silence {
  std::int64_t begin = 0;  ///< The last message before it.
  std::int64_t end = 0;    ///< The first one behind it.
  [[nodiscard]] std::int64_t length() const noexcept { return end - begin; }
};

/// The longest silences of one receiver, kept by its thread at the price of one comparison for each
/// poll that brought something. Read after that thread is joined.
class Silences {
 public:
  /// Keeps what is longer than `longer_than` and ends at `from` or later. Ticks.
  void arm(std::int64_t longer_than, std::int64_t from) noexcept {
    longer_than_ = longer_than;
    from_ = from;
  }
  /// `last`: when the message before came; 0: there was none.
  void note(std::int64_t last, std::int64_t now) noexcept {
    if (now - last > longer_than_) [[unlikely]]
      add({last, now});
  }
  /// In no particular order.
  [[nodiscard]] std::span<const Silence> all() const noexcept { return {kept_.data(), count_}; }

 private:
  void add(Silence silence) noexcept {
    if (silence.end < from_ || silence.begin == 0) return;
    if (count_ < kept_.size()) {
      kept_[count_++] = silence;
      return;
    }
    const auto shortest = std::min_element(
        kept_.begin(), kept_.end(),
        [](const Silence& a, const Silence& b) { return a.length() < b.length(); });
    if (shortest->length() < silence.length()) *shortest = silence;
  }

  std::int64_t longer_than_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t from_ = 0;
  std::size_t count_ = 0;
  std::array<Silence, 256> kept_{};
};

}  // namespace busmark
