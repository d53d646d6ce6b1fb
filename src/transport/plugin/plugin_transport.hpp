// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "busmark/base/error.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/bus/payload_pool.hpp"
#include "busmark/plugin.h"

#include "transport/payload_source.hpp"
#include "transport/plugin/endpoints.hpp"
#include "transport/plugin/plugin.hpp"
#include "transport/transport.hpp"

namespace busmark {

// The door shows our messages under the names of plugin.h.
static_assert(sizeof(Message) == sizeof(busmark_message) &&
              alignof(Message) == alignof(busmark_message) &&
              offsetof(Message, sent) == offsetof(busmark_message, sent) &&
              offsetof(Message, sequence) == offsetof(busmark_message, sequence) &&
              offsetof(Message, producer) == offsetof(busmark_message, producer) &&
              offsetof(Message, queue_mark) == offsetof(busmark_message, queue_mark) &&
              offsetof(Message, size) == offsetof(busmark_message, size) &&
              offsetof(Message, checksum) == offsetof(busmark_message, checksum) &&
              offsetof(Message, subject) == offsetof(busmark_message, subject) &&
              offsetof(Message, slot) == offsetof(busmark_message, payload) &&
              offsetof(Message, inline_payload) == offsetof(busmark_message, bytes));

/// The same object for the other side, which is compiled apart.
[[nodiscard]] inline busmark_message* at_the_door(Message* messages) noexcept {
  return reinterpret_cast<busmark_message*>(messages);
}

/// Whatever a plugin is: `options.plugin`. One indirect call for each batch; at batch 1 that is one
/// for each message, which is what the door costs (transport/plugin/door_cost.hpp measures it).
///
/// A plugin that moves messages carries a handle for a payload that does not fit in, as our own
/// queues do. One that carries bytes is shown the payload and copies it; the slot is free again
/// when push() has returned.
class PluginTransport {
 public:
  static constexpr TransportInfo kInfo{.name = "plugin", .summary = "a library of the user's own"};

  [[nodiscard]] static ServerPlace server_place(const NatsOptions& /*options*/) {
    return ServerPlace::ours;
  }

  explicit PluginTransport(const TransportOptions& options)
      : options_(options),
        carries_bytes_((options.plugin->table.flags & BUSMARK_CARRIES_BYTES) != 0),
        host_parks_(options.parking && options.plugin->table.wait == nullptr),
        copies_(options.pattern == Pattern::fan_out ? options.consumers : 1),
        bus_(options.plugin->table, options) {}

  /// Messages that nobody took give their payloads back.
  ~PluginTransport() {
    if (carries_bytes_ || options_.payload <= Message::kInlinePayload) return;
    try {
      for (std::uint32_t i = 0; i < options_.consumers; ++i) {
        const PluginConsumer consumer(bus_, i);
        Message left;
        while (consumer.pop(at_the_door(&left), 1) == 1) left.slot->release();
      }
    } catch (const SetupError&) {  // the pools go all the same
    }
  }
  PluginTransport(const PluginTransport&) = delete;
  PluginTransport& operator=(const PluginTransport&) = delete;

  class Publisher {
   public:
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      if (!attach(message, payload)) return false;
      const std::size_t sent =
          carries_bytes_ ? show(&message, 1) : producer_.push(at_the_door(&message), 1);
      if (sent != 0 && arrivals_ != nullptr) arrivals_->notify();
      return sent != 0;
    }

    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept {
      std::size_t ready = 0;
      while (ready < count && attach(messages[ready], payload)) ++ready;
      const std::size_t sent =
          carries_bytes_ ? show(messages, ready) : producer_.push(at_the_door(messages), ready);
      if (sent != 0 && arrivals_ != nullptr) arrivals_->notify();
      return sent;
    }

    void abandon(Message* messages, std::size_t count) noexcept {
      for (Message& message : std::span(messages, count)) {
        if (message.slot != nullptr) std::exchange(message.slot, nullptr)->release(copies_);
      }
    }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return producer_.dropped(); }

   private:
    friend PluginTransport;
    Publisher(PluginTransport& transport, std::uint32_t index, PayloadPool* pool)
        : producer_(transport.bus_, index),
          pool_(pool),
          arrivals_(transport.host_parks_ ? &transport.arrivals_ : nullptr),
          copies_(transport.carries_bytes_ ? 1 : transport.copies_),
          carries_bytes_(transport.carries_bytes_),
          shown_(transport.carries_bytes_ ? transport.options_.batch : 0) {}

    bool attach(Message& message, const PayloadPattern& payload) noexcept {
      if (pool_ == nullptr) {
        payload.write_inline(message, message.sequence);
        return true;
      }
      if (message.slot != nullptr) return true;
      message.slot = pool_->acquire(copies_);
      if (message.slot == nullptr) return false;
      payload.write(message.slot->data(), message.sequence);
      return true;
    }

    /// Messages whose `payload` is where the bytes stand.
    std::size_t show(Message* messages, std::size_t count) noexcept {
      for (std::size_t i = 0; i < count; ++i) {
        shown_[i] = *at_the_door(messages + i);
        shown_[i].payload = messages[i].slot->data();
      }
      const std::size_t sent = producer_.push(shown_.data(), count);
      abandon(messages, sent);
      return sent;
    }

    PluginProducer producer_;
    PayloadPool* pool_;     ///< Null: payloads stand in the messages.
    EventCount* arrivals_;  ///< Null: nobody sleeps, or the plugin wakes them.
    std::uint32_t copies_;  ///< Who gives a slot back.
    bool carries_bytes_;
    std::vector<busmark_message> shown_;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept {
      return consumer_.pop(at_the_door(messages), count);
    }

    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      if (!carries_bytes_) return payload_of(message);
      return {reinterpret_cast<const std::byte*>(message.slot), message.size};
    }
    void release(const Message& message) noexcept {
      if (!carries_bytes_ && message.slot != nullptr) message.slot->release();
    }

    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept {
      if (arrivals_ == nullptr) return consumer_.wait(at_the_door(messages), count, timeout);
      return arrivals_->look_or_wait([&] { return poll(messages, count); }, timeout);
    }

   private:
    friend PluginTransport;
    Subscription(PluginTransport& transport, std::uint32_t index)
        : consumer_(transport.bus_, index),
          arrivals_(transport.host_parks_ ? &transport.arrivals_ : nullptr),
          carries_bytes_(transport.carries_bytes_) {}

    PluginConsumer consumer_;
    EventCount* arrivals_;
    bool carries_bytes_;
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index) {
    return Publisher(*this, index, pool_for_producer());
  }
  [[nodiscard]] Subscription subscription(std::uint32_t index) {
    return Subscription(*this, index);
  }

 private:
  PayloadPool* pool_for_producer() {
    if (!carries_bytes_ && options_.payload <= Message::kInlinePayload) return nullptr;
    // Enough for a full bus, what every consumer holds in its hand, and one batch on the way; bytes
    // are copied, so that there the batch is all.
    const std::size_t batch = options_.batch;
    const std::size_t slots =
        carries_bytes_ ? batch : bus_.capacity() + batch * (options_.consumers + 1) + 1;
    return pools_.add_pool(std::max(options_.payload, 1U), slots);
  }

  TransportOptions options_;
  bool carries_bytes_;
  bool host_parks_;
  std::uint32_t copies_;
  PayloadPools pools_;  ///< Outlive the messages.
  OpenBus bus_;
  EventCount arrivals_;
};

}  // namespace busmark
