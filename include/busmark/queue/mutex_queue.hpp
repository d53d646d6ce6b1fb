// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "busmark/queue/queue.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

/// Ring behind one std::mutex: the reference everyone knows. Any number of threads on either side.
/// A call waits for the lock, never for room or for an item.
template <typename T>
class MutexQueue {
  static_assert(kIsQueueItem<T>);

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo{.name = "mutex",
                                   .summary = "ring behind a std::mutex, the known reference",
                                   .max_producers = 0,
                                   .max_consumers = 0};

  class Producer {
   public:
    bool try_push(T&& item) noexcept { return queue_->push(&item, 1) == 1; }
    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      return queue_->push(items, count);
    }

   private:
    friend MutexQueue;
    explicit Producer(MutexQueue& queue) noexcept : queue_(&queue) {}
    MutexQueue* queue_;
  };

  class Consumer {
   public:
    bool try_pop(T& item) noexcept { return queue_->pop(&item, 1) == 1; }
    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      return queue_->pop(items, count);
    }

   private:
    friend MutexQueue;
    explicit Consumer(MutexQueue& queue) noexcept : queue_(&queue) {}
    MutexQueue* queue_;
  };

  /// Holds the next power of two from `least_capacity` on. Throws SetupError when that is 0 or
  /// absurd.
  explicit MutexQueue(std::size_t least_capacity, std::uint32_t /*producers*/ = 1)
      : slots_(ring_capacity(least_capacity, sizeof(T))) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  [[nodiscard]] Producer producer() noexcept { return Producer(*this); }
  [[nodiscard]] Consumer consumer() noexcept { return Consumer(*this); }

 private:
  std::size_t push(T* items, std::size_t count) noexcept {
    const std::lock_guard lock(mutex_);
    const std::size_t moved = std::min(count, slots_.size() - (tail_ - head_));
    for (std::size_t i = 0; i < moved; ++i) {
      slots_.data()[tail_++ & (slots_.size() - 1)] = std::move(items[i]);
    }
    return moved;
  }

  std::size_t pop(T* items, std::size_t count) noexcept {
    const std::lock_guard lock(mutex_);
    const std::size_t moved = std::min(count, tail_ - head_);
    for (std::size_t i = 0; i < moved; ++i) {
      items[i] = std::move(slots_.data()[head_++ & (slots_.size() - 1)]);
    }
    return moved;
  }

  SlotArray<T> slots_;
  alignas(kNoSharing) std::mutex mutex_;
  std::size_t head_ = 0;  ///< Items popped so far.
  std::size_t tail_ = 0;  ///< Items pushed so far.
};

static_assert(Queue<MutexQueue<int>>);

}  // namespace busmark
