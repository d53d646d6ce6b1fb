// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <utility>

#include "busmark/base/wait.hpp"
#include "busmark/queue/queue.hpp"

#include "transport/payload_source.hpp"
#include "transport/transport.hpp"
#include "transport/transport_name.hpp"

namespace busmark {

/// One shared queue between all producers and all consumers: each message reaches one consumer.
/// A payload that does not fit into the message lies in the producer's PayloadPool.
template <template <typename> class QueueOf>
class QueueTransport {
  using MessageQueue = QueueOf<Message>;

 public:
  static constexpr TransportInfo kInfo{
      .name = TransportName<QueuePrefix, MessageQueue::kInfo>::kValue,
      .summary = MessageQueue::kInfo.summary,
      .max_producers = MessageQueue::kInfo.max_producers,
      .max_consumers = MessageQueue::kInfo.max_consumers,
  };

  explicit QueueTransport(const TransportOptions& options)
      : options_(options), queue_(options.capacity, options.producers) {}

  /// Messages that nobody took give their payloads back.
  ~QueueTransport() {
    auto consumer = queue_.consumer();
    Message left;
    while (consumer.try_pop(left)) {
      if (left.slot != nullptr) left.slot->release();
    }
  }
  QueueTransport(const QueueTransport&) = delete;
  QueueTransport& operator=(const QueueTransport&) = delete;

  class Publisher {
   public:
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      if (!payloads_.attach(message, payload)) return false;
      if (!producer_.try_push(std::move(message))) return false;
      if (arrivals_ != nullptr) arrivals_->notify();
      return true;
    }

    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept {
      std::size_t ready = 0;
      while (ready < count && payloads_.attach(messages[ready], payload)) ++ready;
      const std::size_t sent = producer_.try_push_bulk(messages, ready);
      if (sent != 0 && arrivals_ != nullptr) arrivals_->notify();
      return sent;
    }

    void abandon(Message* messages, std::size_t count) noexcept {
      for (Message& message : std::span(messages, count)) {
        if (message.slot != nullptr) std::exchange(message.slot, nullptr)->release();
      }
    }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }

   private:
    friend QueueTransport;
    Publisher(typename MessageQueue::Producer&& producer, PayloadSource payloads,
              EventCount* arrivals)
        : producer_(std::move(producer)), payloads_(payloads), arrivals_(arrivals) {}

    typename MessageQueue::Producer producer_;
    PayloadSource payloads_;
    EventCount* arrivals_;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept {
      if (count == 1) return consumer_.try_pop(*messages) ? 1 : 0;
      return consumer_.try_pop_bulk(messages, count);
    }

    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return payload_of(message);
    }
    void release(const Message& message) noexcept {
      if (message.slot != nullptr) message.slot->release();
    }

    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept {
      return arrivals_->look_or_wait([&] { return poll(messages, count); }, timeout);
    }

   private:
    friend QueueTransport;
    Subscription(MessageQueue& queue, EventCount& arrivals)
        : consumer_(queue.consumer()), arrivals_(&arrivals) {}

    typename MessageQueue::Consumer consumer_;
    EventCount* arrivals_;
  };

  [[nodiscard]] Publisher publisher(std::uint32_t /*index*/) {
    // Enough for a full queue, what every consumer holds in its hand, and one batch on the way.
    const std::size_t slots =
        queue_.capacity() + std::size_t{options_.batch} * (options_.consumers + 1) + 1;
    return Publisher(queue_.producer(), pools_.add(options_.payload, slots),
                     options_.parking ? &arrivals_ : nullptr);
  }

  [[nodiscard]] Subscription subscription(std::uint32_t /*index*/) {
    return Subscription(queue_, arrivals_);
  }

 private:
  TransportOptions options_;
  PayloadPools pools_;  ///< Outlive the messages.
  MessageQueue queue_;
  EventCount arrivals_;
};

}  // namespace busmark
