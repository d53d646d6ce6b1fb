// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/machine.hpp"

namespace busmark {

/// Keeps every page of the process that was touched once in memory (mlockall with MCL_ONFAULT,
/// Linux 4.4), until destroyed; what is hot is touched before the measurement. Without it the
/// kernel fills whole mappings: eight threads' stacks alone took 66 MiB instead of 0.2. Asks only
/// where the limit cannot bite later: with MCL_FUTURE and a finite RLIMIT_MEMLOCK the next large
/// allocation would fail.
class MemoryLock {
 public:
  MemoryLock();
  ~MemoryLock();
  MemoryLock(const MemoryLock&) = delete;
  MemoryLock& operator=(const MemoryLock&) = delete;
  [[nodiscard]] const TuningStep& step() const noexcept { return step_; }

 private:
  TuningStep step_;
};

/// Holds the kernel's wake-up latency request at 0 us: no deep idle states until destroyed. Only
/// sleeping waits gain: p50 of a futex wake-up fell from 20.8 to 3.6 us on a KVM guest. Needs root.
/// Source: Linux admin-guide/pm/cpuidle, "Power Management Quality of Service for CPUs".
class DmaLatency {
 public:
  explicit DmaLatency(const std::filesystem::path& device = "/dev/cpu_dma_latency");
  ~DmaLatency();
  DmaLatency(const DmaLatency&) = delete;
  DmaLatency& operator=(const DmaLatency&) = delete;
  [[nodiscard]] const TuningStep& step() const noexcept { return step_; }

 private:
  int file_ = -1;
  TuningStep step_;
};

/// SCHED_FIFO for the calling thread until destroyed, on the same thread.
///
/// While `sched_rt_runtime_us` is not -1 the kernel stops a busy real-time thread for the rest of
/// each period: 50 ms of every second by default. So it is refused for threads that never sleep.
class RealtimePriority {
 public:
  explicit RealtimePriority(bool never_sleeps = true, int priority = 50,
                            const std::filesystem::path& root = "/");
  ~RealtimePriority();
  RealtimePriority(const RealtimePriority&) = delete;
  RealtimePriority& operator=(const RealtimePriority&) = delete;
  [[nodiscard]] const TuningStep& step() const noexcept { return step_; }

 private:
  TuningStep step_;
  int policy_before_ = 0;
  int priority_before_ = 0;
};

/// Why SCHED_FIFO would stall threads that never sleep; empty where it would not.
[[nodiscard]] std::optional<std::string> realtime_trap(const std::filesystem::path& root = "/");

/// Lets the calling thread's timed sleeps end within 1 ns instead of 50 us. No privilege needed.
TuningStep set_timer_slack() noexcept;

/// Adds a step unless one of its name is there already, as threads take the same ones; one that was
/// not done replaces one that was, so that a single thread's failure shows.
void add_step(std::vector<TuningStep>& steps, const TuningStep& step);

/// Touches the calling thread's stack down to `depth` (at most what its limit leaves) so that no
/// page fault of it falls into the measurement.
TuningStep prefault_stack(ByteCount depth = {256 * 1024});

/// What the process does once per run, undone at its end. Threads see to themselves besides.
class ProcessTuning {
 public:
  /// `sleeps`: some thread waits in the kernel, so idle states count.
  explicit ProcessTuning(bool sleeps);
  ~ProcessTuning();
  ProcessTuning(const ProcessTuning&) = delete;
  ProcessTuning& operator=(const ProcessTuning&) = delete;
  [[nodiscard]] std::vector<TuningStep> steps() const;

 private:
  MemoryLock memory_;
  int slack_before_;  ///< Timer slack of the calling thread in ns; negative where unknown.
  TuningStep timer_slack_;
  TuningStep stack_;
  std::optional<DmaLatency> dma_latency_;
};

}  // namespace busmark
