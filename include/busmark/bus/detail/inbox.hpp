// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pool.hpp"
#include "busmark/bus/subject_tree.hpp"
#include "busmark/queue/queue.hpp"

namespace busmark {

/// What happens to a message whose inbox is full. Drops are counted per subscription.
enum class SlowConsumer : std::uint8_t {
  drop_new,  ///< The message is dropped for this subscription. The publisher never waits.
  drop_old,  ///< The oldest waiting messages are dropped. Not with queues of one consumer.
  block,     ///< The message is refused until there is room.
};

struct SubscriptionOptions {
  std::size_t capacity = 1024;  ///< Messages; per publisher where the queue counts so.
  SlowConsumer policy = SlowConsumer::drop_new;
  bool parking = false;  ///< The receiver sleeps in the kernel; costs publishers a wake-up check.
};

/// One queue that all publishers share.
template <Queue Q>
class SharedChannel {
 public:
  using Producer = typename Q::Producer;
  using Consumer = typename Q::Consumer;

  SharedChannel(std::size_t capacity, std::uint32_t publishers) : queue_(capacity, publishers) {}
  [[nodiscard]] Producer producer(std::uint32_t /*lane*/) { return queue_.producer(); }
  [[nodiscard]] Consumer consumer() { return queue_.consumer(); }

 private:
  Q queue_;
};

/// One queue for each publisher, for queues that allow a single producer. A queue is made when its
/// publisher first finds the subscription and stays until the subscription goes.
template <Queue Q>
class ChannelPerPublisher {
 public:
  using Producer = typename Q::Producer;

  ChannelPerPublisher(std::size_t capacity, std::uint32_t publishers)
      : capacity_(capacity), queues_(publishers) {}
  ChannelPerPublisher(const ChannelPerPublisher&) = delete;
  ChannelPerPublisher& operator=(const ChannelPerPublisher&) = delete;
  ~ChannelPerPublisher() {
    for (std::atomic<Q*>& queue : queues_) delete queue.load(std::memory_order_relaxed);
  }

  /// On the thread that holds the lane.
  [[nodiscard]] Producer producer(std::uint32_t lane) {
    Q* queue = queues_[lane].load(std::memory_order_relaxed);
    if (queue == nullptr) {
      queue = new Q(capacity_);
      // Release pairs with the acquire in the consumer: the queue is there before its address.
      queues_[lane].store(queue, std::memory_order_release);
      std::uint32_t used = used_.load(std::memory_order_relaxed);
      // Release pairs with the acquire in the consumer, so that it finds the address as well.
      while (used <= lane && !used_.compare_exchange_weak(used, lane + 1, std::memory_order_release,
                                                          std::memory_order_relaxed)) {
      }
    }
    return queue->producer();
  }

  /// Takes from the publishers in turn.
  class Consumer {
   public:
    std::size_t try_pop_bulk(Message* messages, std::size_t count) noexcept {
      // Acquire pairs with the release in producer().
      const std::uint32_t used = channel_->used_.load(std::memory_order_acquire);
      std::size_t taken = 0;
      for (std::uint32_t looked = 0; looked < used && taken < count; ++looked) {
        if (++next_ >= used) next_ = 0;
        std::optional<typename Q::Consumer>& end = ends_[next_];
        if (!end.has_value() && !attach(next_)) continue;
        taken += end->try_pop_bulk(messages + taken, count - taken);
      }
      return taken;
    }
    bool try_pop(Message& message) noexcept { return try_pop_bulk(&message, 1) == 1; }

   private:
    friend ChannelPerPublisher;
    explicit Consumer(ChannelPerPublisher& channel)
        : channel_(&channel), ends_(channel.queues_.size()) {}

    bool attach(std::uint32_t lane) noexcept {
      // Acquire pairs with the release in producer().
      Q* queue = channel_->queues_[lane].load(std::memory_order_acquire);
      if (queue != nullptr) ends_[lane].emplace(queue->consumer());
      return queue != nullptr;
    }

    ChannelPerPublisher* channel_;
    std::vector<std::optional<typename Q::Consumer>> ends_;
    std::uint32_t next_ = 0;
  };
  [[nodiscard]] Consumer consumer() { return Consumer(*this); }

 private:
  std::size_t capacity_;
  std::vector<std::atomic<Q*>> queues_;
  std::atomic<std::uint32_t> used_{0};  ///< 1 + the highest lane that has a queue.
};

/// What stands behind one subscription. Shared by the subscription, the subject tree and every
/// publisher whose cached match names it; the last one to let go deletes it, with the messages that
/// nobody read.
template <template <typename> class QueueOf>
class Inbox final : public Subscriber {
 public:
  using MessageQueue = QueueOf<Message>;
  static constexpr bool kOneProducer = MessageQueue::kInfo.max_producers == 1;
  /// Publishers can only take old messages out if they may be consumers too.
  static constexpr bool kCanDropOld = MessageQueue::kInfo.max_consumers == 0;
  using Channel = std::conditional_t<kOneProducer, ChannelPerPublisher<MessageQueue>,
                                     SharedChannel<MessageQueue>>;

  /// With one reference, that of the caller.
  Inbox(std::uint64_t unique_id, const SubscriptionOptions& options, std::uint32_t publishers)
      : Subscriber(unique_id),
        policy(options.policy),
        parking(options.parking),
        channel(options.capacity, publishers) {}
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Relaxed: whoever adds one holds one, or is protected by a snapshot of the tree.
  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference() noexcept {
    // Acquire and release pair with each other: all use ends before the deletion.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /// Wakes a sleeping receiver. After a push.
  void notify() noexcept {
    if (parking) arrivals.notify();
  }
  /// Gives back what waits. The caller must be the only consumer, or the queue allow many.
  void drain(typename Channel::Consumer& consumer) noexcept {
    Message message;
    while (consumer.try_pop(message)) {
      if (message.slot != nullptr) message.slot->release();
    }
  }

  const SlowConsumer policy;
  const bool parking;
  /// Nobody will read any more; publishers that have not noticed yet drop their messages.
  std::atomic<bool> closed{false};
  Channel channel;
  EventCount arrivals;
  alignas(kNoSharing) std::atomic<std::uint64_t> dropped{0};

 private:
  ~Inbox() {
    typename Channel::Consumer consumer = channel.consumer();
    drain(consumer);
  }

  alignas(kNoSharing) std::atomic<std::uint32_t> references_{1};
};

}  // namespace busmark
