// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "busmark/queue/queue.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

/// Ring for one producer thread and one consumer thread, wait-free on both sides. Each side owns
/// one index and keeps a copy of the other's, which it refreshes only when the copy says full or
/// empty (Erik Rigtorp's SPSCQueue; Lee et al., "MCRingBuffer", 2010). A bulk call publishes its
/// index once.
template <typename T>
class SpscRing {
  static_assert(kIsQueueItem<T>);

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo{
      .name = "spsc",
      .summary = "own ring for one producer and one consumer, cached indices",
      .max_producers = 1,
      .max_consumers = 1};

  /// Belongs to one thread. The ring must have no other live producer.
  class alignas(kNoSharing) Producer {
   public:
    bool try_push(T&& item) noexcept {
      if (tail_ - head_seen_ > mask_) {
        // Acquire pairs with the release in try_pop: the slot's old item has been moved out.
        head_seen_ = ring_->head_.load(std::memory_order_acquire);
        if (tail_ - head_seen_ > mask_) return false;
      }
      slots_[tail_ & mask_] = std::move(item);
      // Release pairs with the acquire in Consumer: the item is visible before its index.
      ring_->tail_.store(++tail_, std::memory_order_release);
      return true;
    }

    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      see_room_for(count);
      const std::size_t moved = std::min(count, mask_ + 1 - (tail_ - head_seen_));
      if (moved == 0) return 0;
      const std::size_t start = tail_ & mask_;
      const std::size_t before_wrap = std::min(moved, mask_ + 1 - start);
      std::move(items, items + before_wrap, slots_ + start);
      std::move(items + before_wrap, items + moved, slots_);
      tail_ += moved;
      // Release pairs with the acquire in Consumer, as in try_push.
      ring_->tail_.store(tail_, std::memory_order_release);
      return moved;
    }

    /// Whether the next `count` pushes will succeed.
    [[nodiscard]] bool has_room(std::size_t count) noexcept {
      see_room_for(count);
      return mask_ + 1 - (tail_ - head_seen_) >= count;
    }

   private:
    friend SpscRing;
    void see_room_for(std::size_t count) noexcept {
      if (mask_ + 1 - (tail_ - head_seen_) >= count) return;
      // Acquire pairs with the release in Consumer, as in try_push.
      head_seen_ = ring_->head_.load(std::memory_order_acquire);
    }

    // Relaxed is enough: whoever hands the role over to this thread also orders it.
    explicit Producer(SpscRing& ring) noexcept
        : ring_(&ring),
          slots_(ring.slots_.data()),
          mask_(ring.slots_.size() - 1),
          tail_(ring.tail_.load(std::memory_order_relaxed)),
          head_seen_(tail_ - ring.slots_.size()) {}

    SpscRing* ring_;
    T* slots_;
    std::size_t mask_;
    std::size_t tail_;
    std::size_t head_seen_;  ///< Never ahead of the ring's head_.
  };

  /// Belongs to one thread. The ring must have no other live consumer.
  class alignas(kNoSharing) Consumer {
   public:
    bool try_pop(T& item) noexcept {
      if (head_ == tail_seen_) {
        // Acquire pairs with the release in Producer: the item is there when its index is.
        tail_seen_ = ring_->tail_.load(std::memory_order_acquire);
        if (head_ == tail_seen_) return false;
      }
      item = std::move(slots_[head_ & mask_]);
      // Release pairs with the acquire in Producer: the slot is read before it is offered again.
      ring_->head_.store(++head_, std::memory_order_release);
      return true;
    }

    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      if (tail_seen_ - head_ < count) {
        // Acquire pairs with the release in Producer, as in try_pop.
        tail_seen_ = ring_->tail_.load(std::memory_order_acquire);
      }
      const std::size_t moved = std::min(count, tail_seen_ - head_);
      if (moved == 0) return 0;
      const std::size_t start = head_ & mask_;
      const std::size_t before_wrap = std::min(moved, mask_ + 1 - start);
      std::move(slots_ + start, slots_ + start + before_wrap, items);
      std::move(slots_, slots_ + (moved - before_wrap), items + before_wrap);
      head_ += moved;
      // Release pairs with the acquire in Producer, as in try_pop.
      ring_->head_.store(head_, std::memory_order_release);
      return moved;
    }

   private:
    friend SpscRing;
    // Relaxed is enough: whoever hands the role over to this thread also orders it.
    explicit Consumer(SpscRing& ring) noexcept
        : ring_(&ring),
          slots_(ring.slots_.data()),
          mask_(ring.slots_.size() - 1),
          head_(ring.head_.load(std::memory_order_relaxed)),
          tail_seen_(head_) {}

    SpscRing* ring_;
    T* slots_;
    std::size_t mask_;
    std::size_t head_;
    std::size_t tail_seen_;  ///< Never ahead of the ring's tail_.
  };

  /// Holds the next power of two from `least_capacity` on. Throws SetupError when that is 0 or
  /// absurd.
  explicit SpscRing(std::size_t least_capacity, std::uint32_t /*producers*/ = 1)
      : slots_(ring_capacity(least_capacity, sizeof(T))) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  [[nodiscard]] Producer producer() noexcept { return Producer(*this); }
  [[nodiscard]] Consumer consumer() noexcept { return Consumer(*this); }

 private:
  SlotArray<T> slots_;
  alignas(kNoSharing) std::atomic<std::size_t> head_{0};  ///< Items popped so far.
  alignas(kNoSharing) std::atomic<std::size_t> tail_{0};  ///< Items pushed so far.
};

static_assert(Queue<SpscRing<int>>);

}  // namespace busmark
