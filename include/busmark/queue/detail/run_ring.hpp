// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "busmark/base/detail/atomic.hpp"
#include "busmark/queue/detail/marked_slot.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark::detail {

/// Ring of one producer and one consumer in which a message costs one cache line per hop. There is
/// no shared index on the way: the first slot of a run says in its mark which lap it is of and how
/// many items the run has, and the consumer polls the very line that it will read. A push is a run
/// of one; a bulk push moves the rest of its run first and then publishes all with the first mark.
/// The consumer tells its place once in an eighth of the capacity, and when it finds nothing; the
/// ring has as many slots more as may be untold.
///
/// The marks of two laps differ and those inside of a run are 0, so no mark that is left over from
/// an earlier lap can match.
template <typename T>
class RunRing {
  using Slot = MarkedSlot<T>;
  /// A mark is the lap, 1 or 2 by turns, and above it the length of the run.
  static constexpr unsigned kLapBits = 2;
  static constexpr Mark kLapMask = (1U << kLapBits) - 1;
  static constexpr std::size_t kFetchAhead = 2;  ///< Slots; more took lines from the producer.
  static constexpr std::size_t kLongestRun = 0xffffU >> kLapBits;

  // Positions count items and are compared, so that a call changes two words and no more: what a
  // consumer has to keep stands before the stamp of its message.

  struct ProducerSide {
    Slot* slots;
    std::size_t count;
    std::size_t full_at;  ///< The position up to which slots are known to be free.
    std::size_t at = 0;
    std::size_t pushed = 0;
    Mark lap = 1;

    [[nodiscard]] std::size_t room() const noexcept { return full_at - pushed; }
    void advance(std::size_t run) noexcept {
      pushed += run;
      at += run;
      if (at >= count) [[unlikely]] {
        at -= count;
        lap ^= kLapMask;
      }
    }
  };

  struct ConsumerSide {
    Slot* slots;
    std::size_t count;
    std::size_t step;             ///< Pops after which the place is told.
    std::size_t tell_at;          ///< The position at which it is told; last told a step before.
    std::size_t ready_until = 0;  ///< The end of the run that was seen last.
    std::size_t at = 0;
    std::size_t popped = 0;
    Mark lap = 1;

    void advance(std::size_t run) noexcept {
      popped += run;
      at += run;
      if (at == count) [[unlikely]] {
        at = 0;
        lap ^= kLapMask;
      }
    }
  };

 public:
  /// Belongs to one thread. The ring must have no other live producer.
  class alignas(kNoSharing) Producer : RingEnd<RunRing, ProducerSide> {
    using RingEnd<RunRing, ProducerSide>::ring_;
    using RingEnd<RunRing, ProducerSide>::side_;

   public:
    bool try_push(T&& item) noexcept {
      if (side_.room() == 0 && !see_room_for(1)) [[unlikely]]
        return false;
      Slot& slot = side_.slots[side_.at];
      slot.put(std::move(item));
      publish(slot, 1);
      side_.advance(1);
      return true;
    }

    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      see_room_for(count);
      const std::size_t run = std::min({count, side_.room(), kLongestRun});
      if (run == 0) return 0;
      const std::size_t before_wrap = std::min(run, side_.count - side_.at);
      Slot* const first = side_.slots + side_.at;
      fill(first + 1, items + 1, before_wrap - 1);
      fill(side_.slots, items + before_wrap, run - before_wrap);
      first->put(std::move(items[0]));
      publish(*first, run);
      side_.advance(run);
      return run;
    }

    /// Whether the next `count` pushes will succeed.
    [[nodiscard]] bool has_room(std::size_t count) noexcept { return see_room_for(count); }

   private:
    friend RunRing;
    explicit Producer(RunRing& ring) noexcept
        : RingEnd<RunRing, ProducerSide>(ring, ring.producer_) {}

    bool see_room_for(std::size_t count) noexcept {
      if (side_.room() >= count) return true;
      // Acquire pairs with the release in Consumer::tell: the slots' old items have been moved out.
      side_.full_at = ring_->told_.load(std::memory_order_acquire) + side_.count;
      return side_.room() >= count;
    }

    /// The inside of a run.
    static void fill(Slot* slots, T* items, std::size_t count) noexcept {
      if constexpr (LendsMark<T>) {
        static_assert(sizeof(Slot) == sizeof(T));
        copy_lines(slots, items, count * sizeof(T));
      } else {
        for (std::size_t i = 0; i < count; ++i) {
          slots[i].put(std::move(items[i]));
          // Relaxed: nobody polls a slot inside of a run before it has seen the run's first mark.
          slots[i].set_mark(0, std::memory_order_relaxed);
        }
      }
    }

    void publish(Slot& first, std::size_t run) noexcept {
      // Release pairs with the acquire in Consumer::look: the run is visible before its mark.
      first.set_mark(static_cast<Mark>(side_.lap | run << kLapBits), std::memory_order_release);
    }
  };

  /// Belongs to one thread. The ring must have no other live consumer.
  class alignas(kNoSharing) Consumer : RingEnd<RunRing, ConsumerSide> {
    using RingEnd<RunRing, ConsumerSide>::ring_;
    using RingEnd<RunRing, ConsumerSide>::side_;

   public:
    bool try_pop(T& item) noexcept {
      if (side_.popped == side_.ready_until && !look()) {
        tell();
        return false;
      }
      side_.slots[side_.at].take(item);
      side_.advance(1);
      fetch_ahead(side_.slots, side_.at, side_.count, kFetchAhead);
      if (side_.popped == side_.tell_at) tell();
      return true;
    }

    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      std::size_t popped = 0;
      while (popped < count && (side_.popped != side_.ready_until || look())) {
        const std::size_t piece =
            std::min({count - popped, side_.ready_until - side_.popped, side_.count - side_.at});
        drain(side_.slots + side_.at, items + popped, piece);
        side_.advance(piece);
        popped += piece;
      }
      if (popped == 0 || side_.popped >= side_.tell_at) tell();
      return popped;
    }

   private:
    friend RunRing;
    explicit Consumer(RunRing& ring) noexcept
        : RingEnd<RunRing, ConsumerSide>(ring, ring.consumer_) {}

    bool look() noexcept {
      // Acquire pairs with the release in Producer::publish.
      const Mark mark = side_.slots[side_.at].mark(std::memory_order_acquire);
      if ((mark & kLapMask) != side_.lap) return false;
      side_.ready_until = side_.popped + (mark >> kLapBits);
      return true;
    }

    static void drain(Slot* slots, T* items, std::size_t count) noexcept {
      if constexpr (LendsMark<T>) {
        std::memcpy(static_cast<void*>(items), slots, count * sizeof(T));
        items[0].queue_mark = 0;
      } else {
        for (std::size_t i = 0; i < count; ++i) slots[i].take(items[i]);
      }
    }

    void tell() noexcept {
      if (side_.popped + side_.step == side_.tell_at) return;
      side_.tell_at = side_.popped + side_.step;
      // Release pairs with the acquire in Producer: the slots are read before they are offered.
      ring_->told_.store(side_.popped, std::memory_order_release);
    }
  };

  explicit RunRing(std::size_t least_capacity)
      : capacity_(ring_capacity(least_capacity, sizeof(Slot))),
        slots_(most_held(capacity_)),
        producer_{.slots = slots_.data(), .count = slots_.size(), .full_at = slots_.size()},
        consumer_{.slots = slots_.data(),
                  .count = slots_.size(),
                  .step = step(capacity_),
                  .tell_at = step(capacity_)} {}

  /// Items that a ring of this capacity holds when nothing is popped: what a consumer may leave
  /// untold stands on top.
  [[nodiscard]] static std::size_t most_held(std::size_t capacity) noexcept {
    return capacity + step(capacity) - 1;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] Producer producer() noexcept { return Producer(*this); }
  [[nodiscard]] Consumer consumer() noexcept { return Consumer(*this); }

 private:
  static std::size_t step(std::size_t capacity) noexcept {
    return std::max<std::size_t>(1, capacity / 8);
  }

  std::size_t capacity_;
  SlotArray<Slot> slots_;
  ProducerSide producer_;
  ConsumerSide consumer_;
  alignas(kNoSharing) Atomic<std::size_t> told_{0};  ///< Items popped, as last told.
};

}  // namespace busmark::detail
