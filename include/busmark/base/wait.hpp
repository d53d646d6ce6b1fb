// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/units.hpp"

namespace busmark {

/// How a thread passes the time until there is work.
enum class WaitStrategy : std::uint8_t {
  spin,   ///< Busy loop with a pause instruction: lowest latency, one whole core.
  yield,  ///< sched_yield between looks: for more threads than cores.
  park,   ///< Sleeps in the kernel (futex, nanosleep) until woken: lowest CPU use.
};
[[nodiscard]] std::string_view to_string(WaitStrategy wait) noexcept;

/// Tells the core that this is a spin loop: frees the sibling thread and saves power.
inline void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

/// One turn of an idle loop that cannot be woken: spins or gives the core away.
inline void idle(WaitStrategy wait) noexcept {
  if (wait == WaitStrategy::spin) {
    relax();
  } else {
    sched_yield();
  }
}

/// Lets consumers sleep until a producer has put something somewhere (an event count, as in
/// folly and Vyukov's eventcount). Any number of threads on both sides.
///
/// A waiter registers, looks once more, and only then sleeps; a notifier publishes its item first
/// and then reads the number of waiters with a read-modify-write. Whichever of the two operations
/// on `waiters_` comes second sees the other side, so no wake-up is lost.
class EventCount {
 public:
  using Key = std::uint32_t;

  [[nodiscard]] Key prepare_wait() noexcept {
    waiters_.fetch_add(1, std::memory_order_seq_cst);  // pairs with fetch_add in notify()
    return epoch_.load(std::memory_order_acquire);     // pairs with the release in notify()
  }
  void cancel_wait() noexcept { waiters_.fetch_sub(1, std::memory_order_seq_cst); }
  /// Sleeps until notified after `key` was taken, or for `timeout`, or spuriously.
  void wait(Key key, Nanoseconds timeout) noexcept;

  /// Sleeps as wait() does unless `look`, called by a registered waiter, finds something. Returns
  /// what it found: a number of items.
  template <typename Look>
  std::size_t look_or_wait(Look look, Nanoseconds timeout) noexcept {
    const Key key = prepare_wait();
    const std::size_t found = look();
    if (found != 0) {
      cancel_wait();
    } else {
      wait(key, timeout);
    }
    return found;
  }

  /// Wakes one waiter if there is any: without waiters one atomic operation, no system call.
  void notify() noexcept {
    // A read-modify-write and not a fence plus a load: sanitizers understand it.
    if (waiters_.fetch_add(0, std::memory_order_seq_cst) != 0) wake();
  }

 private:
  void wake() noexcept;

  alignas(kNoSharing) std::atomic<std::uint32_t> waiters_{0};
  std::atomic<std::uint32_t> epoch_{0};
};

}  // namespace busmark
