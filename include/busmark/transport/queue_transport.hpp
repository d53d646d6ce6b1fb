// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/bus/payload_pool.hpp"
#include "busmark/core/wait.hpp"
#include "busmark/queue/queue.hpp"
#include "busmark/transport/transport.hpp"

namespace busmark {

namespace detail {

/// `queue/` and the name of a queue, with static storage. By reference to the whole QueueInfo, as
/// clang 14 takes no reference to a member for a template argument.
template <const QueueInfo& Info>
struct QueueTransportName {
  static constexpr std::string_view kPrefix = "queue/";
  static constexpr auto kStorage = [] {
    std::array<char, kPrefix.size() + Info.name.size()> text{};
    std::size_t at = 0;
    for (const char letter : kPrefix) text[at++] = letter;
    for (const char letter : Info.name) text[at++] = letter;
    return text;
  }();
  static constexpr std::string_view kValue{kStorage.data(), kStorage.size()};
};

}  // namespace detail

/// One shared queue between all producers and all consumers: each message reaches one consumer.
/// A payload that does not fit into the message lies in the producer's PayloadPool.
template <template <typename> class QueueOf>
class QueueTransport {
  using MessageQueue = QueueOf<Message>;

 public:
  static constexpr TransportInfo kInfo{
      .name = detail::QueueTransportName<MessageQueue::kInfo>::kValue,
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
      if (!attach(message, payload)) return false;
      if (!producer_.try_push(std::move(message))) return false;
      if (arrivals_ != nullptr) arrivals_->notify();
      return true;
    }

    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept {
      std::size_t ready = 0;
      while (ready < count && attach(messages[ready], payload)) ++ready;
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
    Publisher(typename MessageQueue::Producer producer, PayloadPool* pool, EventCount* arrivals)
        : producer_(std::move(producer)), pool_(pool), arrivals_(arrivals) {}

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

    typename MessageQueue::Producer producer_;
    PayloadPool* pool_;
    EventCount* arrivals_;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept {
      if (count == 1) return consumer_.try_pop(*messages) ? 1 : 0;
      return consumer_.try_pop_bulk(messages, count);
    }

    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      const std::byte* data =
          message.slot != nullptr ? message.slot->data() : message.inline_payload.data();
      return {data, message.size};
    }

    void release(const Message& message) noexcept {
      if (message.slot != nullptr) message.slot->release();
    }

    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept {
      const EventCount::Key key = arrivals_->prepare_wait();
      const std::size_t got = poll(messages, count);
      if (got != 0) {
        arrivals_->cancel_wait();
      } else {
        arrivals_->wait(key, timeout);
      }
      return got;
    }

   private:
    friend QueueTransport;
    Subscription(MessageQueue& queue, EventCount& arrivals)
        : consumer_(queue.consumer()), arrivals_(&arrivals) {}

    typename MessageQueue::Consumer consumer_;
    EventCount* arrivals_;
  };

  [[nodiscard]] Publisher publisher(std::uint32_t /*index*/) {
    PayloadPool* pool = nullptr;
    if (options_.payload > Message::kInlinePayload) {
      // Enough for a full queue, what every consumer holds in its hand, and one batch on the way.
      const std::size_t slots =
          queue_.capacity() + std::size_t{options_.batch} * (options_.consumers + 1) + 1;
      auto fresh = std::make_unique<PayloadPool>(options_.payload, slots);
      const std::scoped_lock lock(pools_mutex_);
      pool = pools_.emplace_back(std::move(fresh)).get();
    }
    return Publisher(queue_.producer(), pool, options_.parking ? &arrivals_ : nullptr);
  }

  [[nodiscard]] Subscription subscription(std::uint32_t /*index*/) {
    return Subscription(queue_, arrivals_);
  }

 private:
  TransportOptions options_;
  std::mutex pools_mutex_;
  std::vector<std::unique_ptr<PayloadPool>> pools_;  ///< Outlive the endpoints.
  MessageQueue queue_;
  EventCount arrivals_;
};

}  // namespace busmark
