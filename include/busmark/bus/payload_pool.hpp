// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>

#include "busmark/base/cache_line.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

/// One payload shared by every receiver of a message. Whoever holds a reference may read `data()`;
/// the producer may write it until the message is handed over. The count stands in the first line
/// of the payload, which the receiver fetches anyway.
class alignas(16) PayloadSlot {
 public:
  PayloadSlot() = default;
  PayloadSlot(const PayloadSlot&) = delete;
  PayloadSlot& operator=(const PayloadSlot&) = delete;

  [[nodiscard]] std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] const std::byte* data() const noexcept {
    return reinterpret_cast<const std::byte*>(this + 1);
  }

  /// Only for a holder of a reference. Relaxed: the count cannot reach 0 meanwhile, and the new
  /// holders learn of the slot through a queue.
  void add_references(std::uint32_t count) noexcept {
    references_.fetch_add(count, std::memory_order_relaxed);
  }

  /// Gives one reference back, from any thread. The caller must not touch the slot afterwards.
  void release() noexcept {
    // The last holder needs no read-modify-write. Acquire pairs with the release of the holders
    // before it, so that the store below carries their reads to the producer as well.
    if (references_.load(std::memory_order_acquire) == 1) {
      references_.store(0, std::memory_order_release);  // pairs with the acquire in acquire()
    } else {
      release(1);
    }
  }
  /// Gives `count` references back at once.
  void release(std::uint32_t count) noexcept {
    // Release pairs with the acquire in PayloadPool::acquire: reads end before the slot is reused.
    [[maybe_unused]] const std::uint32_t before =
        references_.fetch_sub(count, std::memory_order_release);
    assert(before >= count && "released more often than referenced");
  }

 private:
  friend class PayloadPool;
  std::atomic<std::uint32_t> references_{0};
};

/// Payload slots of one producer thread: it alone acquires, any thread releases. All memory is
/// present from the start; nothing allocates later. The pool must outlive every message that
/// points into it.
///
/// Slots are taken in ring order, and receivers mostly return them in that order, so the next slot
/// is nearly always free: one acquire load and one store. Slots that a slow receiver still holds
/// are stepped over. Only when every slot is taken does the search cost one look at each; the
/// producer has to wait then in any case.
class PayloadPool {
 public:
  /// Throws SetupError when a size is 0 or absurd, std::bad_alloc when memory is short.
  PayloadPool(std::size_t slot_bytes, std::size_t slots);
  PayloadPool(const PayloadPool&) = delete;
  PayloadPool& operator=(const PayloadPool&) = delete;
  ~PayloadPool() { assert(in_use() == 0 && "a message still points into the pool"); }

  /// A slot with `references` (at least 1) holders to come, or null when all slots are taken:
  /// treat that as a full queue. Producer's thread only.
  [[nodiscard]] PayloadSlot* acquire(std::uint32_t references) noexcept {
    assert(references > 0);
    for (std::size_t looked = 0; looked < slots_; ++looked) {
      PayloadSlot* slot = slot_at(next_);
      if (++next_ == slots_) next_ = 0;
      // Acquire pairs with the release in PayloadSlot::release: every receiver has read the slot.
      if (slot->references_.load(std::memory_order_acquire) == 0) {
        // Relaxed: receivers learn of the slot through the queue that carries the message.
        slot->references_.store(references, std::memory_order_relaxed);
        return slot;
      }
    }
    return nullptr;
  }

  /// Bytes that fit one slot.
  [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
  [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
  /// Slots somebody still holds; exact only while no other thread releases.
  [[nodiscard]] std::size_t in_use() noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < slots_; ++i) {
      count += slot_at(i)->references_.load(std::memory_order_acquire) != 0 ? 1U : 0U;
    }
    return count;
  }

 private:
  struct alignas(kCacheLine) Line {
    std::byte bytes[kCacheLine];
  };

  PayloadSlot* slot_at(std::size_t index) noexcept {
    return std::launder(reinterpret_cast<PayloadSlot*>(lines_.data() + index * lines_per_slot_));
  }

  std::size_t slot_bytes_;
  std::size_t slots_;
  std::size_t lines_per_slot_;
  SlotArray<Line> lines_;
  std::size_t next_ = 0;
};

}  // namespace busmark
