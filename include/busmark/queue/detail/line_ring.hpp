// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/detail/atomic.hpp"
#include "busmark/queue/detail/marked_slot.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark::detail {

/// Ring of one producer and one consumer for items of which several fit a cache line. A line holds
/// its items and how many of them are filled, so with a backlog one transfer brings a line of
/// items, and without one an item costs one transfer. The producer publishes in the line itself,
/// the consumer polls the line that it will read; it tells its place once in an eighth of the
/// lines, and when it finds nothing, for which the ring has as many lines more.
template <typename T>
class LineRing {
  using Filled = std::uint32_t;
  static constexpr std::size_t kPerLine = (kCacheLine - sizeof(Filled)) / sizeof(T);
  static_assert(kPerLine >= 2);
  /// `filled` is the number of items and above it the lap, 1 or 2 by turns; 0 in a new ring.
  static constexpr unsigned kCountBits = 8;
  static constexpr Filled kLap = 1U << kCountBits;
  static constexpr Filled kLapMask = 3U << kCountBits;
  static constexpr std::size_t kFetchAhead = 4;  ///< Lines; more gained nothing.

  struct alignas(kCacheLine) Line {
    T items[kPerLine]{};
    Atomic<Filled> filled{0};
  };
  static_assert(sizeof(Line) == kCacheLine || !std::is_same_v<Atomic<Filled>, std::atomic<Filled>>);

  struct ProducerSide {
    Line* lines;
    std::size_t count;
    std::size_t room;    ///< Lines that are known to be free, with the one that is being filled.
    std::size_t at = 0;  ///< The line that is being filled.
    std::size_t inside = 0;  ///< Items in it.
    std::size_t left = 0;    ///< Lines that were filled.
    Filled lap = kLap;

    void advance(std::size_t items) noexcept {
      inside += items;
      if (inside != kPerLine) return;
      inside = 0;
      ++left;
      --room;
      if (++at == count) [[unlikely]] {
        at = 0;
        lap ^= kLapMask;
      }
    }
  };

  struct ConsumerSide {
    Line* lines;
    std::size_t count;
    std::size_t step;        ///< Lines after which the place is told.
    std::size_t at = 0;      ///< The line that is being emptied.
    std::size_t inside = 0;  ///< Items taken out of it.
    std::size_t ready = 0;   ///< Items that it is known to have had.
    std::size_t left = 0;    ///< Lines that were emptied.
    std::size_t untold = 0;
    Filled lap = kLap;

    void advance(std::size_t items) noexcept {
      inside += items;
      if (inside != kPerLine) return;
      inside = 0;
      ready = 0;
      ++left;
      ++untold;
      if (++at == count) [[unlikely]] {
        at = 0;
        lap ^= kLapMask;
      }
      fetch_ahead(lines, at, count, kFetchAhead);
    }
  };

 public:
  /// Belongs to one thread. The ring must have no other live producer.
  class alignas(kNoSharing) Producer : RingEnd<LineRing, ProducerSide> {
    using RingEnd<LineRing, ProducerSide>::ring_;
    using RingEnd<LineRing, ProducerSide>::side_;

   public:
    bool try_push(T&& item) noexcept {
      if (side_.room == 0 && !see_room()) [[unlikely]]
        return false;
      Line& line = side_.lines[side_.at];
      line.items[side_.inside] = std::move(item);
      publish(line, side_.lap, side_.inside + 1);
      side_.advance(1);
      return true;
    }

    /// The first line is published last: the consumer polls it, and finds all the others filled.
    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      if (count == 0 || (side_.room == 0 && !see_room())) return 0;
      Line& first = side_.lines[side_.at];
      const Filled lap = side_.lap;
      std::size_t pushed = std::min(count, kPerLine - side_.inside);
      std::move(items, items + pushed, first.items + side_.inside);
      const std::size_t filled = side_.inside + pushed;
      side_.advance(pushed);
      while (pushed < count && (side_.room != 0 || see_room())) {
        Line& line = side_.lines[side_.at];
        const std::size_t piece = std::min(count - pushed, kPerLine);
        if (piece == kPerLine) {
          for (std::size_t i = 0; i < kPerLine; ++i) line.items[i] = std::move(items[pushed + i]);
        } else {
          std::move(items + pushed, items + pushed + piece, line.items);
        }
        publish(line, side_.lap, piece);
        side_.advance(piece);
        pushed += piece;
      }
      publish(first, lap, filled);
      return pushed;
    }

    /// Whether the next `count` pushes will succeed.
    [[nodiscard]] bool has_room(std::size_t count) noexcept {
      if (side_.room * kPerLine - side_.inside >= count) return true;
      see_room();
      return side_.room * kPerLine - side_.inside >= count;
    }

   private:
    friend LineRing;
    explicit Producer(LineRing& ring) noexcept
        : RingEnd<LineRing, ProducerSide>(ring, ring.producer_) {}

    bool see_room() noexcept {
      // Acquire pairs with the release in Consumer::tell: the lines' old items have been moved out.
      side_.room = side_.count - (side_.left - ring_->told_.load(std::memory_order_acquire));
      return side_.room != 0;
    }

    static void publish(Line& line, Filled lap, std::size_t filled) noexcept {
      // Release pairs with the acquire in Consumer::look: the items are visible before their count.
      line.filled.store(lap | static_cast<Filled>(filled), std::memory_order_release);
    }
  };

  /// Belongs to one thread. The ring must have no other live consumer.
  class alignas(kNoSharing) Consumer : RingEnd<LineRing, ConsumerSide> {
    using RingEnd<LineRing, ConsumerSide>::ring_;
    using RingEnd<LineRing, ConsumerSide>::side_;

   public:
    bool try_pop(T& item) noexcept {
      if (side_.inside == side_.ready && !look()) {
        tell();
        return false;
      }
      item = std::move(side_.lines[side_.at].items[side_.inside]);
      side_.advance(1);
      if (side_.untold >= side_.step) tell();
      return true;
    }

    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      std::size_t popped = 0;
      while (popped < count && (side_.inside != side_.ready || look())) {
        Line& line = side_.lines[side_.at];
        const std::size_t piece = std::min(count - popped, side_.ready - side_.inside);
        if (piece == kPerLine) {
          for (std::size_t i = 0; i < kPerLine; ++i) items[popped + i] = std::move(line.items[i]);
        } else {
          std::move(line.items + side_.inside, line.items + side_.inside + piece, items + popped);
        }
        side_.advance(piece);
        popped += piece;
      }
      if (popped == 0 || side_.untold >= side_.step) tell();
      return popped;
    }

   private:
    friend LineRing;
    explicit Consumer(LineRing& ring) noexcept
        : RingEnd<LineRing, ConsumerSide>(ring, ring.consumer_) {}

    bool look() noexcept {
      // Acquire pairs with the release in Producer::publish.
      const Filled filled = side_.lines[side_.at].filled.load(std::memory_order_acquire);
      if ((filled & kLapMask) != side_.lap) return false;
      side_.ready = filled & (kLap - 1);
      return side_.ready != side_.inside;
    }

    void tell() noexcept {
      if (side_.untold == 0) return;
      side_.untold = 0;
      // Release pairs with the acquire in Producer: the lines are read before they are offered.
      ring_->told_.store(side_.left, std::memory_order_release);
    }
  };

  explicit LineRing(std::size_t least_capacity)
      : capacity_(ring_capacity(least_capacity, sizeof(T))),
        step_(std::max<std::size_t>(1, capacity_ / kPerLine / 8)),
        lines_((capacity_ + kPerLine - 1) / kPerLine + step_),
        producer_{.lines = lines_.data(), .count = lines_.size(), .room = lines_.size()},
        consumer_{.lines = lines_.data(), .count = lines_.size(), .step = step_} {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] Producer producer() noexcept { return Producer(*this); }
  [[nodiscard]] Consumer consumer() noexcept { return Consumer(*this); }

 private:
  std::size_t capacity_;
  std::size_t step_;
  SlotArray<Line> lines_;
  ProducerSide producer_;
  ConsumerSide consumer_;
  alignas(kNoSharing) Atomic<std::size_t> told_{0};  ///< Lines emptied, as last told.
};

}  // namespace busmark::detail
