// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pattern.hpp"
#include "busmark/bus/payload_pool.hpp"

namespace busmark {

/// Bytes of a received message, inside it or in its slot.
[[nodiscard]] inline std::span<const std::byte> payload_of(const Message& message) noexcept {
  const std::byte* data =
      message.slot != nullptr ? message.slot->data() : message.inline_payload.data();
  return {data, message.size};
}

/// Where one producer's payloads come from: the message itself when they fit, else a pool.
class PayloadSource {
 public:
  explicit PayloadSource(PayloadPool* pool = nullptr) noexcept : pool_(pool) {}

  /// Puts the payload in place; false when the pool has no free slot. A message that was refused
  /// before keeps its slot.
  bool attach(Message& message, const PayloadPattern& payload) noexcept {
    if (pool_ == nullptr) {
      payload.write_inline(message, message.sequence);
      return true;
    }
    if (message.slot != nullptr) return true;
    message.slot = pool_->acquire(1);
    if (message.slot == nullptr) return false;
    payload.write(message.slot->data(), message.sequence);
    return true;
  }

 private:
  PayloadPool* pool_;
};

/// The pools of all producers of a transport. They outlive the messages that lie in them.
class PayloadPools {
 public:
  /// The source of one more producer, on its thread. Throws as PayloadPool does.
  [[nodiscard]] PayloadSource add(std::size_t payload, std::size_t slots) {
    if (payload <= Message::kInlinePayload) return PayloadSource();
    return PayloadSource(add_pool(payload, slots));
  }
  /// The same for whoever takes slots for short payloads too.
  [[nodiscard]] PayloadPool* add_pool(std::size_t payload, std::size_t slots) {
    auto fresh = std::make_unique<PayloadPool>(payload, slots);
    const std::scoped_lock lock(mutex_);
    return pools_.emplace_back(std::move(fresh)).get();
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<PayloadPool>> pools_;
};

}  // namespace busmark
