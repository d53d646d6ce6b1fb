// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "busmark/bus/message.hpp"

namespace busmark {

/// The bytes that one producer sends: pseudo-random, the same in every message but for the first
/// eight, which hold the sequence number, so that a stale or foreign payload fails its checksum.
/// Immutable after construction; any thread may call it.
class PayloadPattern {
 public:
  PayloadPattern(std::uint32_t size, std::uint64_t seed);

  /// Too short for corrupted() are payloads of less: the number takes the bytes before.
  static constexpr std::uint32_t kLeastCorruptible = sizeof(std::uint64_t) + 1;
  /// The same but for one bit of the last byte, as a fault on the way would leave it: the checksum
  /// stays that of the intact payload.
  [[nodiscard]] PayloadPattern corrupted() const;
  /// That bit; 0 where the payload is intact. For transports with patterns of their own.
  [[nodiscard]] std::byte wrong_bit() const noexcept { return wrong_bit_; }

  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(bytes_.size());
  }
  /// True where the payload fits into the message itself.
  [[nodiscard]] bool fits_inline() const noexcept { return size() <= Message::kInlinePayload; }

  /// Writes the payload of message `sequence` to `target`, which holds `size()` bytes.
  void write(std::byte* target, std::uint64_t sequence) const noexcept {
    if (bytes_.empty()) return;
    std::memcpy(target, bytes_.data(), bytes_.size());
    std::memcpy(target, &sequence, stamp_size());
  }
  /// The same into a message, for a payload that fits there: copies of constant size, because a
  /// call of memcpy costs more than the rest of building a message. What lies behind a short
  /// payload is unspecified.
  void write_inline(Message& message, std::uint64_t sequence) const noexcept {
    message.inline_payload = head_;
    if (size() >= sizeof sequence) {
      std::memcpy(message.inline_payload.data(), &sequence, sizeof sequence);
    } else if (size() != 0) {
      std::memcpy(message.inline_payload.data(), &sequence, stamp_size());
    }
  }
  /// Checksum of that payload, at the price of its first eight bytes. Never 0.
  [[nodiscard]] std::uint32_t checksum(std::uint64_t sequence) const noexcept {
    return finish(rest_ + mix(size() >= sizeof sequence ? sequence : low_bytes(sequence)));
  }

 private:
  friend std::uint32_t payload_checksum(std::span<const std::byte> payload) noexcept;

  [[nodiscard]] std::size_t stamp_size() const noexcept {
    return bytes_.size() < sizeof(std::uint64_t) ? bytes_.size() : sizeof(std::uint64_t);
  }
  [[nodiscard]] std::uint64_t low_bytes(std::uint64_t sequence) const noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, &sequence, stamp_size());
    return word;
  }
  /// Finaliser of MurmurHash3 (Austin Appleby, public domain): every bit reaches every bit.
  static constexpr std::uint64_t mix(std::uint64_t word) noexcept {
    word ^= word >> 33;
    word *= 0xff51afd7ed558ccdULL;
    word ^= word >> 33;
    word *= 0xc4ceb9fe1a85ec53ULL;
    return word ^ (word >> 33);
  }
  static constexpr std::uint32_t finish(std::uint64_t sum) noexcept {
    const auto folded = static_cast<std::uint32_t>(mix(sum));
    return folded == 0 ? 1 : folded;
  }
  /// Sum over all words but the first of mix(word + position), and of the size.
  static std::uint64_t sum_rest(std::span<const std::byte> payload) noexcept;

  std::vector<std::byte> bytes_;
  std::array<std::byte, Message::kInlinePayload> head_{};  ///< The first bytes, zeros behind them.
  std::uint64_t rest_ = 0;
  std::byte wrong_bit_{0};
};

/// Checksum of a received payload, equal to PayloadPattern::checksum of the payload sent. Finds
/// corruption by accident, not by an adversary. Reads every byte.
[[nodiscard]] std::uint32_t payload_checksum(std::span<const std::byte> payload) noexcept;

/// Loads one word of every cache line, as a consumer that uses the payload must. The result only
/// keeps the loads alive.
[[nodiscard]] inline std::uint64_t touch_payload(std::span<const std::byte> payload) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < payload.size(); at += kCacheLine) {
    sum += static_cast<std::uint64_t>(payload[at]);
  }
  return sum;
}

}  // namespace busmark
