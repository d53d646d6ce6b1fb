// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"
#include "busmark/histogram/histogram.hpp"

#include "engine/phase.hpp"
#include "machine/environment.hpp"
#include "machine/interrupt_counts.hpp"
#include "machine/probe/gap_probe.hpp"
#include "machine/process_tuning.hpp"
#include "machine/topology.hpp"

namespace busmark {

/// What to watch and for how long.
struct NoiseOptions {
  std::vector<CpuId> cores;
  Nanoseconds duration = std::chrono::seconds(10);  ///< Of the spinning probe.
  /// Of the timer probe, which follows: it needs the core that the first one occupies.
  [[nodiscard]] Nanoseconds timer_duration() const noexcept { return duration / 5; }
  Nanoseconds timer_period = std::chrono::milliseconds(1);
};

/// One core as the probes saw it, and what the kernel counted on it meanwhile.
struct CoreNoise {
  CpuId cpu{};
  GapLog gaps;
  ProbeRun run;
  Histogram lateness;  ///< Of timed sleeps, in nanoseconds; empty when interrupted before.
  /// Between the two readings of what follows: the window, and some 100 ms before and after it.
  Nanoseconds counted{};
  std::vector<InterruptCount> interrupts;
  std::vector<InterruptCount> softirqs;
  std::optional<Nanoseconds> stolen;  ///< By the hypervisor, if the kernel says.

  explicit CoreNoise(CpuId id, Nanoseconds window) : cpu(id), gaps(window) {}
};

struct NoiseResult {
  NoiseOptions options;
  Environment environment;
  ClockInfo clock;
  Nanoseconds threshold{};                           ///< Shortest gap that counts.
  std::chrono::system_clock::time_point spin_time;   ///< When the spinning probe's window began.
  std::chrono::system_clock::time_point timer_time;  ///< When the timer probe began.
  std::vector<CoreNoise> cores;                      ///< In the order asked for.
  std::vector<TuningStep> tuning;  ///< Of the timer probe's threads; the spinning ones need none.
  bool interrupted = false;        ///< `stop` was set: what is there is true, but less.
};

/// Watches all cores at once: a spinning thread on each, then a timer on each. Blocks for
/// `duration + timer_duration()` and some 100 ms. /proc is read below `root` before and after the
/// spinning window, never within. Throws SetupError when a core cannot be had.
[[nodiscard]] NoiseResult measure_noise(const NoiseOptions& options, const Clock& clock,
                                        const StopFlag& stop,
                                        const std::filesystem::path& root = "/");

}  // namespace busmark
