// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <cstdint>

#include "busmark/base/clock.hpp"
#include "busmark/base/wait.hpp"

#include "engine/phase.hpp"

namespace busmark {

/// Waits until `due` and returns the time then, in ticks; returns earlier, with a time before
/// `due`, when `stop` is raised. A due time in the past returns at once. Spinning is late by one
/// clock read at most; parking by what the kernel's timer takes to wake a thread (pacing_ns tells).
inline std::int64_t wait_until(std::int64_t due, const Clock& clock, WaitStrategy wait,
                               const StopFlag& stop) noexcept {
  constexpr std::int64_t kPauseAboveNs = 200;  // several times what one pause costs
  constexpr std::int64_t kLongestSleepNs = 10'000'000;
  while (true) {
    const std::int64_t now = clock.now();
    if (now >= due || stop.load(std::memory_order_relaxed)) return now;
    const std::int64_t left = clock.to_nanoseconds(due - now);
    if (wait == WaitStrategy::spin) {
      if (left > kPauseAboveNs) relax();
    } else if (wait == WaitStrategy::park) {
      const timespec pause{.tv_sec = 0, .tv_nsec = left < kLongestSleepNs ? left : kLongestSleepNs};
      nanosleep(&pause, nullptr);
    } else {
      sched_yield();
    }
  }
}

/// Stands for what a consumer does with a message: keeps the core for so many ticks. Returns the
/// time then.
inline std::int64_t be_busy(const Clock& clock, std::int64_t ticks) noexcept {
  const std::int64_t end = clock.now() + ticks;
  std::int64_t now = clock.now();
  while (now < end) now = clock.now();
  return now;
}

}  // namespace busmark
