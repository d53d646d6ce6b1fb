// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"
#include "busmark/histogram/histogram.hpp"

#include "machine/window.hpp"

namespace busmark {

/// A stretch of time in which a spinning thread did not run.
struct Gap {
  Nanoseconds start{};  ///< Since the window's start.
  Nanoseconds length{};
  bool switched = false;  ///< Another thread had the core; else the thread stood still in place.
};

/// Time lost in one equal part of the window.
struct GapSlot {
  Nanoseconds in_place{};
  Nanoseconds switched{};
  [[nodiscard]] Nanoseconds lost() const noexcept { return in_place + switched; }
};

/// Everything a probe keeps of one core, in memory that is taken and touched by the constructor;
/// its size does not depend on how long the probe runs or how many gaps it sees. One writer.
class GapLog {
 public:
  static constexpr std::size_t kSlots = 100;
  static constexpr std::size_t kLongest = 8;

  explicit GapLog(Nanoseconds window);

  /// A gap that began `start` after the window did. Never fails, never allocates.
  void record(Nanoseconds start, Nanoseconds length, bool switched) noexcept;

  /// Lengths of all gaps.
  [[nodiscard]] const Histogram& all() const noexcept { return all_; }
  /// Lengths of the gaps in which another thread had the core.
  [[nodiscard]] const Histogram& switched() const noexcept { return switched_; }
  /// Exact sums, unlike the histograms'.
  [[nodiscard]] const GapSlot& lost() const noexcept { return lost_; }
  [[nodiscard]] const std::vector<GapSlot>& slots() const noexcept { return slots_; }
  [[nodiscard]] Nanoseconds slot_length() const noexcept { return slot_length_; }
  /// The longest ones, longest first.
  [[nodiscard]] std::vector<Gap> longest() const;

 private:
  void keep_if_long(const Gap& gap) noexcept;

  Histogram all_;
  Histogram switched_;
  GapSlot lost_;
  Nanoseconds slot_length_;
  std::vector<GapSlot> slots_;
  std::array<Gap, kLongest> longest_{};
};

/// What the probe itself did.
struct ProbeRun {
  Nanoseconds observed{};  ///< Time watched: the window, or less when it was stopped.
  Nanoseconds handling{};  ///< Of which the probe spent on asking the kernel after a gap.
  std::uint64_t reads = 0;
};

/// Shortest gap that counts: 500 ns, or eight clock reads where these are slow. Above what a loop
/// of clock reads shows on an undisturbed core, below all that a kernel does.
[[nodiscard]] Nanoseconds gap_threshold(const Clock& clock) noexcept;

/// Reads the clock in a loop from `window.measure` until `window.end` or `stop` and logs every
/// distance between two readings of at least `threshold`, its start counted from `window.measure`.
/// After each one it asks the kernel whether the thread had been switched out (getrusage, 0.3 us);
/// the reading after that counts only above 5 us. What a thread that comes late has missed counts
/// as switched. Call on a pinned thread. Method: rt-tests' oslat.
[[nodiscard]] ProbeRun watch_gaps(const Clock& clock, const Window& window, Nanoseconds threshold,
                                  const StopFlag& stop, GapLog& log) noexcept;

/// Sleeps until each of the moments `first`, `first` + `period`, ... before `end` (CLOCK_MONOTONIC)
/// and records how late it woke, in nanoseconds. A late wake-up moves no later moment, so a stall
/// is seen once for every moment it covers. Returns when `stop` is set or all are over. Method:
/// rt-tests' cyclictest.
void watch_timer(Nanoseconds first, Nanoseconds period, Nanoseconds end, const StopFlag& stop,
                 Histogram& lateness) noexcept;

/// CLOCK_MONOTONIC now; may be called in a signal handler.
[[nodiscard]] Nanoseconds monotonic_now() noexcept;

}  // namespace busmark
