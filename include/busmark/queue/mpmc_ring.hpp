// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "busmark/queue/queue.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

/// Bounded ring for any number of threads on either side, after Dmitry Vyukov's bounded MPMC queue:
/// a thread claims positions by compare-and-swap, moves its items, then marks each slot with the
/// lap it was filled or freed in. Unlike his, marks stand apart from the items, 16 to a cache line
/// and one array per writing side, and an endpoint remembers how far it has seen them set. So a
/// push or pop fetches a line of marks once in 16 items, and a bulk call claims a run at once.
///
/// A thread that stops between claim and mark holds up the other end at that slot.
template <typename T>
class MpmcRing {
  static_assert(kIsQueueItem<T>);
  /// Low 32 bits of the number of laps; the claim compares all 64 bits of the position.
  using Lap = std::uint32_t;
  using Mark = std::atomic<Lap>;
  static constexpr std::size_t kMarksPerLine = kCacheLine / sizeof(Mark);

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo{
      .name = "mpmc",
      .summary = "own bounded ring for many producers and consumers, claims runs of slots",
      .max_producers = 0,
      .max_consumers = 0};

 private:
  /// What the two ends have in common: claiming a run of positions whose slots are ready.
  class End {
   public:
    /// `lead` is what a mark must be ahead of the lap to make its slot ready for this end.
    End(MpmcRing& ring, std::atomic<std::size_t>& next, Mark* ready, Mark* done, Lap lead) noexcept
        : next_(&next),
          ready_(ready),
          done_(done),
          slots_(ring.slots_.data()),
          mask_(ring.slots_.size() - 1),
          lap_shift_(std::countr_zero(ring.slots_.size())),
          lead_(lead),
          ready_until_(next.load(std::memory_order_relaxed)) {}

    /// Claims up to `count` positions from `start` on; 0 when the first one is not ready.
    std::size_t claim(std::size_t count, std::size_t& start) noexcept {
      // Relaxed, and so is the claim: the marks alone hand items over.
      start = next_->load(std::memory_order_relaxed);
      while (true) {
        std::size_t run = known_ready(start);
        if (run < count) {
          look_ahead(start + run, start + std::max(count, kMarksPerLine));
          run = std::min(known_ready(start), count);
          if (run == 0) {
            const std::size_t now = next_->load(std::memory_order_relaxed);
            if (now == start) return 0;
            start = now;
            continue;
          }
        } else {
          run = count;
        }
        if (next_->compare_exchange_weak(start, start + run, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
          return run;
        }
      }
    }

    T& slot(std::size_t position) const noexcept { return slots_[position & mask_]; }

    /// Hands the slots of a claimed run to the other end.
    void release(std::size_t start, std::size_t run) const noexcept {
      for (std::size_t position = start; position != start + run; ++position) {
        // Pairs with the acquire in the other end's look_ahead: the move is done before the mark.
        done_[position & mask_].store(lap(position) + 1, std::memory_order_release);
      }
    }

   private:
    [[nodiscard]] Lap lap(std::size_t position) const noexcept {
      return static_cast<Lap>(position >> lap_shift_);
    }
    /// Others may have claimed past what this endpoint has seen.
    [[nodiscard]] std::size_t known_ready(std::size_t start) const noexcept {
      const auto ahead = static_cast<std::ptrdiff_t>(ready_until_ - start);
      return ahead > 0 ? static_cast<std::size_t>(ahead) : 0;
    }
    void look_ahead(std::size_t from, std::size_t limit) noexcept {
      // Pairs with the release in the other end's release(). A slot that is ready stays so until
      // its position is claimed, which is why what was seen may be kept.
      while (from != limit &&
             ready_[from & mask_].load(std::memory_order_acquire) == lap(from) + lead_) {
        ++from;
      }
      ready_until_ = from;
    }

    std::atomic<std::size_t>* next_;
    Mark* ready_;
    Mark* done_;
    T* slots_;
    std::size_t mask_;
    int lap_shift_;
    Lap lead_;
    std::size_t ready_until_;
  };

 public:
  /// Belongs to one thread.
  class alignas(kNoSharing) Producer {
   public:
    bool try_push(T&& item) noexcept {
      std::size_t start;
      if (end_.claim(1, start) == 0) return false;
      end_.slot(start) = std::move(item);
      end_.release(start, 1);
      return true;
    }

    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      std::size_t start;
      const std::size_t run = end_.claim(count, start);
      for (std::size_t i = 0; i < run; ++i) end_.slot(start + i) = std::move(items[i]);
      end_.release(start, run);
      return run;
    }

   private:
    friend MpmcRing;
    explicit Producer(MpmcRing& ring) noexcept
        : end_(ring, ring.tail_, ring.freed_.data(), ring.filled_.data(), 0) {}
    End end_;
  };

  /// Belongs to one thread.
  class alignas(kNoSharing) Consumer {
   public:
    bool try_pop(T& item) noexcept {
      std::size_t start;
      if (end_.claim(1, start) == 0) return false;
      item = std::move(end_.slot(start));
      end_.release(start, 1);
      return true;
    }

    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      std::size_t start;
      const std::size_t run = end_.claim(count, start);
      for (std::size_t i = 0; i < run; ++i) items[i] = std::move(end_.slot(start + i));
      end_.release(start, run);
      return run;
    }

   private:
    friend MpmcRing;
    explicit Consumer(MpmcRing& ring) noexcept
        : end_(ring, ring.head_, ring.filled_.data(), ring.freed_.data(), 1) {}
    End end_;
  };

  /// Holds the next power of two from `least_capacity` on. Throws SetupError when that is 0 or
  /// absurd.
  explicit MpmcRing(std::size_t least_capacity, std::uint32_t /*producers*/ = 1)
      : slots_(ring_capacity(least_capacity, sizeof(T))),
        filled_(slots_.size()),
        freed_(slots_.size()) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  [[nodiscard]] Producer producer() noexcept { return Producer(*this); }
  [[nodiscard]] Consumer consumer() noexcept { return Consumer(*this); }

 private:
  SlotArray<T> slots_;
  SlotArray<Mark> filled_;  ///< Written by producers: 1 + the lap the slot was last filled in.
  SlotArray<Mark> freed_;   ///< Written by consumers: 1 + the lap the slot was last emptied in.
  alignas(kNoSharing) std::atomic<std::size_t> head_{0};  ///< Next position to pop.
  alignas(kNoSharing) std::atomic<std::size_t> tail_{0};  ///< Next position to push.
};

static_assert(Queue<MpmcRing<int>>);

}  // namespace busmark
