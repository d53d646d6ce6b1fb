// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "busmark/base/detail/atomic.hpp"
#include "busmark/queue/detail/marked_slot.hpp"
#include "busmark/queue/queue.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

/// Bounded ring for any number of threads on either side, after Dmitry Vyukov's bounded MPMC queue:
/// a thread claims positions by compare-and-swap, moves its items, then marks each slot with the
/// lap it was filled or freed in. The mark stands in the item's own cache line, so a hop costs one
/// line; a bulk call claims a run at once.
///
/// A thread that stops between claim and mark holds up the other end at that slot.
template <typename T>
class MpmcRing {
  static_assert(kIsQueueItem<T>);
  using Slot = detail::MarkedSlot<T>;
  using Mark = detail::Mark;

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo{
      .name = "mpmc",
      .summary = "own bounded ring for many producers and consumers, claims runs of slots",
      .max_producers = 0,
      .max_consumers = 0};

 private:
  static constexpr Mark kFree = 0;    ///< What a producer looks for: mark 2 * lap.
  static constexpr Mark kFilled = 1;  ///< What a consumer looks for: mark 2 * lap + 1.

  /// What the two ends have in common: claiming a run of positions whose slots are ready. Laps are
  /// counted modulo 2^15; the claim compares all 64 bits of the position, so a thread that slept
  /// for that long claims nothing by it.
  template <Mark kLead>
  class End {
   public:
    End(MpmcRing& ring, Atomic<std::size_t>& next) noexcept
        : next_(&next),
          slots_(ring.slots_.data()),
          mask_(ring.slots_.size() - 1),
          lap_shift_(std::countr_zero(ring.slots_.size())) {}

    /// Claims up to `count` positions from `start` on; 0 when the first one is not ready.
    std::size_t claim(std::size_t count, std::size_t& start) noexcept {
      // Relaxed, and so is the claim: the marks alone hand items over.
      start = next_->load(std::memory_order_relaxed);
      while (count != 0) {
        const std::size_t run = ready_from(start, count);
        if (run == 0) {
          const std::size_t now = next_->load(std::memory_order_relaxed);
          if (now == start) return 0;
          start = now;
        } else if (next_->compare_exchange_weak(start, start + run, std::memory_order_relaxed,
                                                std::memory_order_relaxed)) {
          return run;
        }
      }
      return 0;
    }

    Slot& slot(std::size_t position) const noexcept { return slots_[position & mask_]; }

    /// Hands the slot of a claimed position to the other end.
    void release(Slot& slot, std::size_t position) const noexcept {
      // Pairs with the acquire in the other end's ready_from: the move is done before the mark.
      slot.set_mark(static_cast<Mark>(ready_mark(position) + 1), std::memory_order_release);
    }

   private:
    [[nodiscard]] Mark ready_mark(std::size_t position) const noexcept {
      return static_cast<Mark>(2 * (position >> lap_shift_) + kLead);
    }
    /// A slot that is ready stays so until its position is claimed.
    [[nodiscard]] std::size_t ready_from(std::size_t start, std::size_t count) const noexcept {
      std::size_t run = 0;
      // Pairs with the release in the other end's release().
      while (run < count &&
             slot(start + run).mark(std::memory_order_acquire) == ready_mark(start + run)) {
        ++run;
      }
      return run;
    }

    Atomic<std::size_t>* next_;
    Slot* slots_;
    std::size_t mask_;
    int lap_shift_;
  };

 public:
  /// Belongs to one thread.
  class alignas(kNoSharing) Producer {
   public:
    bool try_push(T&& item) noexcept {
      std::size_t start;
      if (end_.claim(1, start) == 0) return false;
      Slot& slot = end_.slot(start);
      slot.put(std::move(item));
      end_.release(slot, start);
      // A consumer wrote the next mark long ago: fetched now, it is waited for less.
      __builtin_prefetch(&end_.slot(start + 1));
      return true;
    }

    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      std::size_t start;
      const std::size_t run = end_.claim(count, start);
      for (std::size_t i = 0; i < run; ++i) {
        Slot& slot = end_.slot(start + i);
        slot.put(std::move(items[i]));
        end_.release(slot, start + i);
      }
      return run;
    }

   private:
    friend MpmcRing;
    explicit Producer(MpmcRing& ring) noexcept : end_(ring, ring.tail_) {}
    End<kFree> end_;
  };

  /// Belongs to one thread.
  class alignas(kNoSharing) Consumer {
   public:
    bool try_pop(T& item) noexcept { return try_pop_bulk(&item, 1) == 1; }

    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      std::size_t start;
      const std::size_t run = end_.claim(count, start);
      for (std::size_t i = 0; i < run; ++i) {
        Slot& slot = end_.slot(start + i);
        slot.take(items[i]);
        end_.release(slot, start + i);
      }
      return run;
    }

   private:
    friend MpmcRing;
    explicit Consumer(MpmcRing& ring) noexcept : end_(ring, ring.head_) {}
    End<kFilled> end_;
  };

  /// Holds the next power of two from `least_capacity` on. Throws SetupError when that is 0 or
  /// absurd.
  explicit MpmcRing(std::size_t least_capacity, std::uint32_t /*producers*/ = 1)
      : slots_(ring_capacity(least_capacity, sizeof(Slot))) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  [[nodiscard]] Producer producer() noexcept { return Producer(*this); }
  [[nodiscard]] Consumer consumer() noexcept { return Consumer(*this); }

 private:
  SlotArray<Slot> slots_;
  alignas(kNoSharing) Atomic<std::size_t> head_{0};  ///< Next position to pop.
  alignas(kNoSharing) Atomic<std::size_t> tail_{0};  ///< Next position to push.
};

static_assert(Queue<MpmcRing<int>>);

}  // namespace busmark
