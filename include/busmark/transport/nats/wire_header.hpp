// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "busmark/bus/message.hpp"

namespace busmark {

// What a Message carries besides its payload stands in the first bytes of the payload on the wire,
// because headers of NATS would cost what a payload does not: both sides are on one machine, times
// are ticks of one clock, and bytes are in the machine's order.
//
//   0  due        8 bytes
//   8  sent       8
//  16  sequence   6, producer 2
//  24  checksum   4   of the bytes behind the header; 0: none
//  28  subject    4   index

inline constexpr std::size_t kNatsHeaderSize = 32;
inline constexpr std::uint32_t kMostNatsProducers = 1U << 16;
inline constexpr std::uint64_t kMostNatsSequence = std::uint64_t{1} << 48;

inline void write_nats_header(char* target, const Message& message,
                              std::uint32_t checksum) noexcept {
  const std::uint64_t identity = message.sequence << 16 | message.producer;
  std::memcpy(target, &message.due, 8);
  std::memcpy(target + 8, &message.sent, 8);
  std::memcpy(target + 16, &identity, 8);
  std::memcpy(target + 24, &checksum, 4);
  std::memcpy(target + 28, &message.subject, 4);
}

/// Fills `message` from a received payload, whose bytes stay where they are: see nats_payload().
/// False when it is too short to be one of ours.
inline bool read_nats_message(std::string_view bytes, Message& message) noexcept {
  if (bytes.size() < kNatsHeaderSize) return false;
  std::uint64_t identity = 0;
  std::memcpy(&message.due, bytes.data(), 8);
  std::memcpy(&message.sent, bytes.data() + 8, 8);
  std::memcpy(&identity, bytes.data() + 16, 8);
  std::memcpy(&message.checksum, bytes.data() + 24, 4);
  std::memcpy(&message.subject, bytes.data() + 28, 4);
  message.sequence = identity >> 16;
  message.producer = static_cast<std::uint32_t>(identity & 0xffff);
  message.size = static_cast<std::uint32_t>(bytes.size() - kNatsHeaderSize);
  message.slot = nullptr;
  const char* const rest = bytes.data() + kNatsHeaderSize;
  std::memcpy(message.inline_payload.data(), &rest, sizeof rest);
  return true;
}

/// The bytes behind the header, as long as the buffer that was read holds them.
[[nodiscard]] inline const std::byte* nats_payload(const Message& message) noexcept {
  static_assert(sizeof(const std::byte*) <= Message::kInlinePayload);
  const std::byte* payload = nullptr;
  std::memcpy(&payload, message.inline_payload.data(), sizeof payload);
  return payload;
}

}  // namespace busmark
