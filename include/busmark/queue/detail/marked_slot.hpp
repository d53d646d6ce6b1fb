// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/detail/atomic.hpp"

#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define BUSMARK_STRING_MOVE 1
#else
#define BUSMARK_STRING_MOVE 0
#endif

namespace busmark {

/// An item that lends the queue it lies in 16 bits of its own cache line. `queue_mark` is 0 outside
/// of queues; inside it is the queue's, and `copy_but_mark` leaves it alone.
template <typename T>
concept LendsMark = std::is_trivially_copyable_v<T> && requires(T& item, const T& from) {
  { item.queue_mark } -> std::same_as<std::uint16_t&>;
  item.copy_but_mark(from);
};

namespace detail {

/// memcpy for runs of cache lines. Long ones go by a string move, which takes a line over without
/// fetching what it held; the C library does so only from 4 KiB on, which 63 lines are not. A
/// sanitizer would not see it.
inline void copy_lines(void* to, const void* from, std::size_t bytes) noexcept {
#if BUSMARK_STRING_MOVE
  constexpr std::size_t kLongRun = 16 * kCacheLine;
  if (bytes >= kLongRun) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return;
  }
#endif
  std::memcpy(to, from, bytes);
}

/// Asks for the line `ahead` behind the one at `at`, so that a consumer with a backlog waits for
/// several lines at once. Without one it has that line still, from the lap before.
template <typename Line>
void fetch_ahead(const Line* lines, std::size_t at, std::size_t count, std::size_t ahead) noexcept {
  std::size_t next = at + ahead;
  if (next >= count) next -= count;
  if (next < count) __builtin_prefetch(lines + next);
}

/// The end of a ring that one thread holds. What it knows stands in itself, where the compiler may
/// keep it in registers, and goes back into the ring with it. Must not outlive the ring.
template <typename Ring, typename Side>
class RingEnd {
 public:
  RingEnd(RingEnd&& other) noexcept
      : ring_(std::exchange(other.ring_, nullptr)), home_(other.home_), side_(other.side_) {}
  RingEnd& operator=(RingEnd&&) = delete;
  ~RingEnd() {
    if (ring_ != nullptr) *home_ = side_;
  }

 protected:
  RingEnd(Ring& ring, Side& home) noexcept : ring_(&ring), home_(&home), side_(home) {}

  Ring* ring_;
  Side* home_;
  Side side_;
};

using Mark = std::uint16_t;

/// An item and the mark that says what the slot holds. Both stand in one cache line where the item
/// is shorter than that, or lends the mark; so who polls the mark has then fetched the item.
template <typename T>
class alignas(kCacheLine) MarkedSlot {
 public:
  [[nodiscard]] Mark mark(std::memory_order order) const noexcept { return mark_.load(order); }
  void set_mark(Mark mark, std::memory_order order) noexcept { mark_.store(mark, order); }
  void put(T&& item) noexcept { item_ = std::move(item); }
  void take(T& item) noexcept { item = std::move(item_); }

 private:
  T item_{};
  Atomic<Mark> mark_{0};
};

template <LendsMark T>
class MarkedSlot<T> {
 public:
  [[nodiscard]] Mark mark(std::memory_order order) noexcept {
    return std::atomic_ref<Mark>(item_.queue_mark).load(order);
  }
  void set_mark(Mark mark, std::memory_order order) noexcept {
    std::atomic_ref<Mark>(item_.queue_mark).store(mark, order);
  }
  void put(T&& item) noexcept { item_.copy_but_mark(item); }
  void take(T& item) noexcept {
    item = item_;
    item.queue_mark = 0;
  }

 private:
  T item_{};
};

}  // namespace detail
}  // namespace busmark
