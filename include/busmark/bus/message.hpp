// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "busmark/base/cache_line.hpp"

namespace busmark {

class PayloadSlot;

/// What travels from a producer to a consumer: one cache line. The payload stands inline up to
/// `kInlinePayload` bytes, above that in a slot of the producer's PayloadPool that the last
/// receiver gives back. Times are ticks of busmark::Clock.
struct alignas(kCacheLine) Message {
  static constexpr std::size_t kInlinePayload = 16;

  std::int64_t due = 0;          ///< When the message should have left (open loop).
  std::int64_t sent = 0;         ///< When the producer handed it to the transport.
  std::uint64_t sequence = 0;    ///< Per producer, from 0, without gaps.
  std::uint16_t producer = 0;    ///< Index of the producer.
  std::uint16_t queue_mark = 0;  ///< Of the queue that it lies in (LendsMark); 0 elsewhere.
  std::uint32_t size = 0;        ///< Payload bytes.
  std::uint32_t checksum = 0;    ///< Of the payload; 0 when checksums are off.
  std::uint32_t subject = 0;     ///< Index of the subject; 0 on transports without subjects.
  PayloadSlot* slot = nullptr;   ///< Null when the payload is inline.
  std::array<std::byte, kInlinePayload> inline_payload{};

  /// Takes over all but `queue_mark`.
  void copy_but_mark(const Message& from) noexcept {
    due = from.due;
    sent = from.sent;
    sequence = from.sequence;
    producer = from.producer;
    size = from.size;
    checksum = from.checksum;
    subject = from.subject;
    slot = from.slot;
    inline_payload = from.inline_payload;
  }
};

static_assert(sizeof(Message) == kCacheLine, "a message is one cache line");
static_assert(std::is_trivially_copyable_v<Message>);

}  // namespace busmark
