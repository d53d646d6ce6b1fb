// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pool.hpp"

namespace busmark {

/// Stands in Message::subject when the slot begins with the subject and the reply subject.
inline constexpr std::uint32_t kSubjectInSlot = std::numeric_limits<std::uint32_t>::max();

/// Layout of a slot that names its subject: this, the subject, the reply subject, the payload.
struct SlotHeader {
  std::uint32_t subject_bytes = 0;
  std::uint32_t reply_bytes = 0;
};

/// A message taken from a subscription; gives its payload back when it goes. Views into it are good
/// as long as it lives, and it must not outlive the bus.
class Received {
 public:
  explicit Received(const Message& message) noexcept : message_(message) {
    if (named()) std::memcpy(&header_, message_.slot->data(), sizeof header_);
  }
  Received(Received&& other) noexcept
      : message_(other.message_), header_(std::exchange(other.header_, {})) {
    other.message_ = Message{};
  }
  Received& operator=(Received&& other) noexcept {
    std::swap(message_, other.message_);
    std::swap(header_, other.header_);
    return *this;
  }
  ~Received() {
    if (message_.slot != nullptr) message_.slot->release();
  }

  /// Empty when the publisher sent a bare Message.
  [[nodiscard]] std::string_view subject() const noexcept {
    return text_at(sizeof header_, header_.subject_bytes);
  }
  /// Where the sender waits for an answer; empty when it does not.
  [[nodiscard]] std::string_view reply_subject() const noexcept {
    return text_at(sizeof header_ + header_.subject_bytes, header_.reply_bytes);
  }
  [[nodiscard]] std::span<const std::byte> payload() const noexcept {
    if (message_.slot == nullptr) return {message_.inline_payload.data(), message_.size};
    const std::size_t skip =
        named() ? sizeof header_ + header_.subject_bytes + header_.reply_bytes : 0;
    return {message_.slot->data() + skip, message_.size};
  }
  [[nodiscard]] std::string_view text() const noexcept {
    const std::span<const std::byte> bytes = payload();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] const Message& message() const noexcept { return message_; }

 private:
  [[nodiscard]] bool named() const noexcept {
    return message_.slot != nullptr && message_.subject == kSubjectInSlot;
  }
  [[nodiscard]] std::string_view text_at(std::size_t offset, std::size_t bytes) const noexcept {
    if (!named()) return {};
    return {reinterpret_cast<const char*>(message_.slot->data() + offset), bytes};
  }

  Message message_;
  SlotHeader header_;
};

}  // namespace busmark
