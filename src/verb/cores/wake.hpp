// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

#include "engine/phase.hpp"

namespace busmark {

/// How a sleeping thread is woken.
enum class WakeMethod : std::uint8_t { futex, eventfd };
inline constexpr std::array kWakeMethods{WakeMethod::futex, WakeMethod::eventfd};
[[nodiscard]] std::string_view to_string(WakeMethod method) noexcept;

/// Wake-ups of a thread that sleeps on one core by a thread on another.
struct WakePair {
  CpuId waker{};
  CpuId sleeper{};
  WakeMethod method = WakeMethod::futex;
  /// From before the waker's call to the sleeper's first instruction. Below zero where the two
  /// cores' clocks differ by more than the wake-up took.
  Nanoseconds min{};
  Nanoseconds p50{};
  Nanoseconds p95{};
  Nanoseconds max{};
  Nanoseconds call_p50{};  ///< What the call cost the waker.
};

/// What it costs to read a clock on one core, in nanoseconds: median of blocks.
struct ClockCosts {
  CpuId cpu{};
  double counter = 0;     ///< Clock::now.
  double ordered = 0;     ///< Clock::now_after_loads.
  double monotonic = 0;   ///< clock_gettime(CLOCK_MONOTONIC).
  double thread_cpu = 0;  ///< clock_gettime(CLOCK_THREAD_CPUTIME_ID), a system call.
};

struct WakeMatrix {
  std::vector<WakePair> pairs;  ///< Both directions of each two cores, each with both methods.
  std::vector<ClockCosts> clocks;
  bool interrupted = false;
};

struct WakePlan {
  int wakes = 100;
  Nanoseconds idle = std::chrono::microseconds(100);  ///< How long the sleeper sleeps at least.
};

/// Wakes a thread on `sleeper` from one on `waker`, `plan.wakes` times, each time after it has been
/// asleep for `plan.idle`; idle states, not the method, make most of the time. Waker and sleeper
/// read their own clocks, so the result is as true as these agree (CorePair). Throws SetupError
/// when a core or an eventfd cannot be had.
[[nodiscard]] WakePair measure_wake(const Clock& clock, CpuId waker, CpuId sleeper,
                                    WakeMethod method, const WakePlan& plan = {});

[[nodiscard]] ClockCosts measure_clock_costs(const Clock& clock, CpuId cpu);

/// All of it, one thing after the other: about 30 ms for each two cores. `stop` ends it early.
[[nodiscard]] WakeMatrix measure_wake_matrix(const Clock& clock, const std::vector<CpuId>& cores,
                                             const StopFlag& stop, const WakePlan& plan = {});

}  // namespace busmark
