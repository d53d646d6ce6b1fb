// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#if __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)  // Debian 13
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#elif __has_include(<concurrentqueue/concurrentqueue.h>)  // Debian 12
#include <concurrentqueue/concurrentqueue.h>
#else
#include <concurrentqueue.h>
#endif

#include "busmark/base/error.hpp"
#include "busmark/queue/queue.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

/// Library defaults but for two things: memory comes from operator new, where the process-wide
/// allocator and the allocation test see it, and there are no producers without a token.
struct MoodycamelTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;
  static void* malloc(std::size_t size) { return ::operator new(size, std::nothrow); }
  static void free(void* memory) { ::operator delete(memory); }
};

/// moodycamel::ConcurrentQueue (Cameron Desrochers) with producer and consumer tokens and bulk.
///
/// The library's queue is a list of sub-queues, one per producer, each a circle of 32-item blocks
/// that grows on demand. Here it is bounded: the constructor fills and empties one sub-queue per
/// producer, which allocates and touches all its blocks, and pushes then use only the calls that
/// never allocate. So the capacity is that of each producer, not shared: one producer can always
/// have `capacity()` items waiting, and up to 31 more, as a block is reused only when all of it has
/// been popped.
template <typename T>
class MoodycamelQueue {
  static_assert(kIsQueueItem<T>);
  using Library = moodycamel::ConcurrentQueue<T, MoodycamelTraits>;
  static constexpr std::size_t kBlock = MoodycamelTraits::BLOCK_SIZE;

  struct EndLease {
    void operator()(std::atomic<std::uint32_t>* live) const noexcept {
      // Pairs with the acquire in producer(): the token is given back before the place is.
      live->fetch_sub(1, std::memory_order_release);
    }
  };
  using Lease = std::unique_ptr<std::atomic<std::uint32_t>, EndLease>;

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo{
      .name = "moodycamel",
      .summary = "moodycamel::ConcurrentQueue with tokens, bounded, capacity per producer",
      .max_producers = 0,
      .max_consumers = 0};

  /// Belongs to one thread. The items left behind by an endpoint stay in the queue.
  class alignas(kNoSharing) Producer {
   public:
    bool try_push(T&& item) noexcept { return queue_->try_enqueue(token(), std::move(item)); }

    /// The library's bulk call is all or nothing, so what does not fit is offered by halves.
    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      std::size_t moved = 0;
      for (std::size_t chunk = count; chunk != 0 && moved != count;) {
        chunk = std::min(chunk, count - moved);
        if (queue_->try_enqueue_bulk(token(), std::make_move_iterator(items + moved), chunk)) {
          moved += chunk;
        } else {
          chunk /= 2;
        }
      }
      return moved;
    }

   private:
    friend MoodycamelQueue;
    Producer(Library& queue, Lease lease)
        : queue_(&queue), lease_(std::move(lease)), token_(queue) {
      if (!token_.valid()) throw std::bad_alloc();
    }
    /// The constructor checked the token; unless told so, g++ 12 warns of a null access.
    [[nodiscard]] const moodycamel::ProducerToken& token() const noexcept {
      if (!token_.valid()) __builtin_unreachable();
      return token_;
    }
    Library* queue_;
    Lease lease_;  ///< Before the token, so that it is given back after it.
    moodycamel::ProducerToken token_;
  };

  /// Belongs to one thread.
  class alignas(kNoSharing) Consumer {
   public:
    bool try_pop(T& item) noexcept { return queue_->try_dequeue(token_, item); }
    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      return queue_->try_dequeue_bulk(token_, items, count);
    }

   private:
    friend MoodycamelQueue;
    explicit Consumer(Library& queue) : queue_(&queue), token_(queue) {}
    Library* queue_;
    moodycamel::ConsumerToken token_;
  };

  /// Room for `least_capacity` items of each of `producers`. Throws SetupError when one of them is
  /// 0 or the capacity is absurd, and std::bad_alloc.
  explicit MoodycamelQueue(std::size_t least_capacity, std::uint32_t producers = 1)
      : blocks_(blocks_for(least_capacity)), producers_(producers), queue_(0) {
    if (producers == 0) throw SetupError("a moodycamel queue needs at least 1 producer");
    std::vector<moodycamel::ProducerToken> tokens;
    tokens.reserve(producers);
    // All tokens must live at once, or they would all be the same sub-queue. Once they are dropped,
    // producer() is served with these sub-queues again.
    for (std::uint32_t i = 0; i < producers; ++i) {
      fill_and_empty(tokens.emplace_back(queue_));
    }
  }

  /// Least number of items that one producer can have waiting.
  [[nodiscard]] std::size_t capacity() const noexcept { return blocks_ * kBlock - (kBlock - 1); }

  /// Throws SetupError when as many producers as the constructor was told of are alive.
  [[nodiscard]] Producer producer() {
    // Acquire pairs with the release in EndLease.
    if (live_.fetch_add(1, std::memory_order_acquire) >= producers_) {
      live_.fetch_sub(1, std::memory_order_relaxed);
      throw SetupError("this moodycamel queue was made for " + std::to_string(producers_) +
                       " producers: tell its constructor the right number");
    }
    return Producer(queue_, Lease(&live_));
  }

  [[nodiscard]] Consumer consumer() { return Consumer(queue_); }

 private:
  static std::size_t blocks_for(std::size_t least_capacity) {
    ring_capacity(least_capacity, sizeof(T));  // Refuses what is out of range.
    return (least_capacity + kBlock - 1 + kBlock - 1) / kBlock;
  }

  void fill_and_empty(const moodycamel::ProducerToken& token) {
    T item{};
    for (std::size_t i = 0; i < blocks_ * kBlock; ++i) {
      if (!queue_.enqueue(token, T{})) throw std::bad_alloc();
    }
    while (queue_.try_dequeue_from_producer(token, item)) {
    }
  }

  std::size_t blocks_;
  std::uint32_t producers_;
  std::atomic<std::uint32_t> live_{0};
  Library queue_;
};

static_assert(Queue<MoodycamelQueue<int>>);

}  // namespace busmark
