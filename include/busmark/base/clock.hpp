// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

namespace busmark {

enum class ClockSource : std::uint8_t { tsc, cntvct, clock_gettime };
[[nodiscard]] std::string_view to_string(ClockSource source) noexcept;

/// What decides whether the CPU's cycle counter may be the clock. Tests plant other CPUs' facts.
struct CpuCounter {
  bool readable = false;   ///< The architecture has one that we know how to read.
  bool invariant = false;  ///< It ticks at one rate, in whatever state the CPU is.

  /// x86: CPUID 80000007h, EDX bit 8 (AMD APM vol. 3, E.4.7; Intel SDM vol. 3B, 18.17.1).
  [[nodiscard]] static CpuCounter of_this_cpu() noexcept;
};

/// What the clock is and what it costs on this machine, measured once at start.
struct ClockInfo {
  ClockSource source = ClockSource::clock_gettime;
  std::string reason;  ///< Why this source.
  double ticks_per_second = 1e9;
  double read_cost_ns = 0;          ///< Clock::now, median of back-to-back reads.
  double ordered_read_cost_ns = 0;  ///< Clock::now_after_loads.
  double resolution_ns = 0;         ///< Usual step between two readings that differ.
  double calibration_ppm = 0;       ///< Disagreement of the two halves of the calibration.
};

/// Monotonic time in ticks. A small value: every thread keeps its own copy. Reading is one
/// predictable branch and one or two instructions, except for `clock_gettime`.
///
/// Source of the ordering rules: Intel SDM vol. 2, LFENCE and RDTSC; AMD APM vol. 3, the same where
/// LFENCE is dispatch serialising, as Linux sets it since 4.15; Arm ARM, CNTVCT_EL0.
class Clock {
 public:
  enum class Preference : std::uint8_t { automatic, counter, system };

  /// Takes the cycle counter where it is invariant, else `clock_gettime`; calibrates it against
  /// CLOCK_MONOTONIC_RAW for about 100 ms and measures its cost and resolution.
  /// `reason` tells users why, where the preference is `system`. Throws SetupError where it is
  /// `counter` and there is none that can be trusted.
  [[nodiscard]] static Clock calibrate(Preference preference = Preference::automatic,
                                       std::string reason = "asked for",
                                       CpuCounter counter = CpuCounter::of_this_cpu());

  /// The tick counter; may be read early by out-of-order execution. For pacing and send stamps.
  [[nodiscard]] std::int64_t now() const noexcept {
#if defined(__x86_64__)
    // Builtins of g++ and clang: <x86intrin.h> would be 40,000 lines in every source.
    if (counter_) return static_cast<std::int64_t>(__builtin_ia32_rdtsc());
#elif defined(__aarch64__)
    if (counter_) return read_cntvct();
#endif
    return read_system();
  }

  /// The tick counter after every earlier load has its value. For receive stamps: a plain `rdtsc`
  /// here ran ahead of the load of the message and read 376 ns where the truth was 490. `lfence`
  /// and not `rdtscp`, which hypervisors mask and which costs as much (decision 15).
  [[nodiscard]] std::int64_t now_after_loads() const noexcept {
#if defined(__x86_64__)
    if (counter_) {
      __builtin_ia32_lfence();
      return static_cast<std::int64_t>(__builtin_ia32_rdtsc());
    }
#elif defined(__aarch64__)
    if (counter_) {
      asm volatile("isb" ::: "memory");
      return read_cntvct();
    }
#endif
    return read_system();
  }

  /// Ticks to whole nanoseconds, rounded down; negative differences stay negative.
  [[nodiscard]] std::int64_t to_nanoseconds(std::int64_t ticks) const noexcept {
    return static_cast<std::int64_t>((static_cast<Int128>(ticks) * multiplier_) >> kShift);
  }
  [[nodiscard]] Nanoseconds duration(std::int64_t ticks) const noexcept {
    return Nanoseconds(to_nanoseconds(ticks));
  }
  [[nodiscard]] std::int64_t to_ticks(Nanoseconds duration) const noexcept {
    return static_cast<std::int64_t>(static_cast<double>(duration.count()) * ticks_per_ns_);
  }
  [[nodiscard]] double ticks_per_second() const noexcept { return ticks_per_ns_ * 1e9; }

  [[nodiscard]] const ClockInfo& info() const noexcept { return *info_; }

 private:
  __extension__ using Int128 = __int128;
  static constexpr int kShift = 48;

  static std::int64_t read_system() noexcept {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  }
#if defined(__aarch64__)
  static std::int64_t read_cntvct() noexcept {
    std::int64_t value = 0;
    asm volatile("mrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
  }
#endif

  void measure_cost(ClockInfo& info) const;

  bool counter_ = false;
  std::int64_t multiplier_ = std::int64_t{1} << kShift;
  double ticks_per_ns_ = 1;
  const ClockInfo* info_ = nullptr;  ///< Kept for the life of the process; see calibrate().
};

/// As in a config: `auto`, `counter`, `system`.
[[nodiscard]] std::string_view to_string(Clock::Preference preference) noexcept;

}  // namespace busmark
