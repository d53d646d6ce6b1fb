// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "busmark/bus/message.hpp"

namespace busmark {

/// One message that took long. Ticks.
struct SlowMessage {
  std::int64_t due = 0;
  std::int64_t sent = 0;
  std::int64_t received = 0;
  std::uint64_t sequence = 0;
  std::uint32_t producer = 0;
  [[nodiscard]] std::int64_t response() const noexcept { return received - due; }
};

/// Slow messages of one receiver, each due before the one before it was received: one stall makes
/// many messages late, and they tell of one event.
struct SlowEpisode {
  std::int64_t begin = 0;  ///< When the first was due; ticks, as the next.
  std::int64_t end = 0;    ///< When the last was received.
  std::uint64_t messages = 0;
  SlowMessage worst;
};

/// The worst episodes of one receiver, kept by its thread at the price of one comparison for each
/// message that is not slow. Read after that thread is joined.
class SlowEpisodes {
 public:
  static constexpr std::size_t kKept = 64;

  /// Keeps messages that take longer; ticks.
  void arm(std::int64_t longer_than) noexcept { longer_than_ = longer_than; }
  /// A message that was received `now`.
  void note(const Message& message, std::int64_t now) noexcept {
    if (now - message.due > longer_than_) [[unlikely]]
      add(message, now);
  }

  /// All there were.
  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
  [[nodiscard]] std::uint64_t episodes() const noexcept { return episodes_; }
  /// Those whose worst message was the slowest, the slowest first.
  [[nodiscard]] std::vector<SlowEpisode> worst() const;

 private:
  [[gnu::noinline]] void add(const Message& message, std::int64_t now) noexcept;
  void keep(const SlowEpisode& episode) noexcept;

  std::int64_t longer_than_ = std::numeric_limits<std::int64_t>::max();
  std::uint64_t messages_ = 0;
  std::uint64_t episodes_ = 0;
  SlowEpisode latest_;  ///< Not among the kept: it may get worse.
  std::size_t count_ = 0;
  std::array<SlowEpisode, kKept> kept_{};
};

}  // namespace busmark
