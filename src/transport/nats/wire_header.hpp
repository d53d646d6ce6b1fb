// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pattern.hpp"

namespace busmark {

/// What a Message carries besides its payload stands in the first bytes of the payload on the wire,
/// because headers of NATS would cost what a payload does not. Times are ticks of one clock and
/// bytes in the machine's order: both sides are on one machine. From the lowest bit:
///
///     word 0    due - epoch, signed   51 bits   some days
///               sequence              13
///     word 1    sequence              22        35 in all
///               producer              10
///               sent - due            32        a floating number: shift 5, digits 27
///     4 bytes   checksum of the bytes behind; only where the payload has 20 bytes or more
///
/// Lags above 2^27 ticks (30 to 60 ms) lose their last digits, one part in 10^8, downwards.
class NatsHeader {
 public:
  static constexpr std::uint32_t kSize = 16;
  static constexpr std::uint32_t kSizeWithChecksum = 20;
  static constexpr std::uint32_t kMostProducers = 1U << 10;
  static constexpr std::uint64_t kMostSequence = std::uint64_t{1} << 35;

  /// `epoch`: ticks, some moment of the run. `payload`: bytes of every message, at least kSize.
  NatsHeader(std::int64_t epoch, std::uint32_t payload) noexcept
      : epoch_(epoch), payload_(payload) {}

  /// Bytes that the header takes of each payload.
  [[nodiscard]] std::uint32_t size() const noexcept {
    return payload_ < kSizeWithChecksum ? kSize : kSizeWithChecksum;
  }
  /// Bytes of each payload, those of the header included.
  [[nodiscard]] std::uint32_t payload() const noexcept { return payload_; }

  void write(char* target, const Message& message, std::uint32_t checksum) const noexcept {
    const auto due = static_cast<std::uint64_t>(message.due - epoch_);
    const std::int64_t lag = message.sent - message.due;
    const std::uint64_t words[2] = {
        (due & kDueMask) | message.sequence << kDueBits,
        (message.sequence >> kLowBits & kHighMask) | std::uint64_t{message.producer} << kHighBits |
            shorten(lag < 0 ? 0 : static_cast<std::uint64_t>(lag)) << 32};
    std::memcpy(target, words, sizeof words);
    if (size() != kSize) std::memcpy(target + kSize, &checksum, sizeof checksum);
  }

  /// Fills `message` from a received payload, whose bytes stay where they are. False when it cannot
  /// be one of ours.
  [[nodiscard]] bool read(std::string_view bytes, Message& message) const noexcept {
    if (bytes.size() != payload_) return false;
    std::uint64_t words[2];
    std::memcpy(words, bytes.data(), sizeof words);
    const std::uint64_t low = words[0] >> kDueBits;
    message.due = epoch_ + (static_cast<std::int64_t>(words[0] << kLowBits) >> kLowBits);
    message.sequence = (words[1] & kHighMask) << kLowBits | low;
    message.producer = static_cast<std::uint16_t>((words[1] >> kHighBits) & (kMostProducers - 1));
    message.sent = message.due + static_cast<std::int64_t>(lengthen(words[1] >> 32));
    message.size = payload_ - size();
    message.subject = 0;
    message.slot = nullptr;
    const char* const rest = bytes.data() + size();
    std::memcpy(message.inline_payload.data(), &rest, sizeof rest);
    if (size() != kSize) {
      std::memcpy(&message.checksum, bytes.data() + kSize, sizeof message.checksum);
    } else {
      message.checksum = 0;
    }
    return true;
  }

  /// The bytes behind the header, as long as the buffer that was read holds them.
  [[nodiscard]] static const std::byte* rest(const Message& message) noexcept {
    const std::byte* rest = nullptr;
    static_assert(sizeof rest <= Message::kInlinePayload);
    std::memcpy(&rest, message.inline_payload.data(), sizeof rest);
    return rest;
  }

 private:
  static constexpr int kDueBits = 51;
  static constexpr int kLowBits = 64 - kDueBits;
  static constexpr int kHighBits = 35 - kLowBits;
  static constexpr std::uint64_t kDueMask = (std::uint64_t{1} << kDueBits) - 1;
  static constexpr std::uint64_t kHighMask = (std::uint64_t{1} << kHighBits) - 1;
  static constexpr int kDigits = 27;

  static constexpr std::uint64_t shorten(std::uint64_t lag) noexcept {
    const auto width = static_cast<int>(std::bit_width(lag));
    const int shift = width <= kDigits ? 0 : width - kDigits;
    return lag >> shift | static_cast<std::uint64_t>(shift) << kDigits;
  }
  static constexpr std::uint64_t lengthen(std::uint64_t field) noexcept {
    return (field & ((std::uint64_t{1} << kDigits) - 1)) << (field >> kDigits);
  }

  std::int64_t epoch_;
  std::uint32_t payload_;
};

/// Gives bytes that are sent and end with those of a body of our own the wrong bit of `payload`:
/// none but for a fault on purpose.
inline void break_payload(std::span<char> bytes, const PayloadPattern& payload) noexcept {
  if (bytes.empty()) return;
  bytes.back() = static_cast<char>(std::byte(bytes.back()) ^ payload.wrong_bit());
}

}  // namespace busmark
