// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

#include "engine/observer.hpp"
#include "engine/phase.hpp"
#include "machine/probe/gap_probe.hpp"
#include "machine/probe/spin_probe.hpp"
#include "machine/process_tuning.hpp"
#include "record/floor.hpp"

namespace busmark {

/// Watches one core for gaps in a thread of its own, which every other thread may push aside
/// (SCHED_IDLE) and which takes no memory once it is there.
class FloorWatch {
 public:
  /// Starts the thread. `measured`: cores that are free again when it is to end. `length`: of the
  /// window, about. Throws std::system_error when no thread can be had; for a core that cannot be
  /// had see problem().
  FloorWatch(const Clock& clock, CpuId cpu, std::vector<CpuId> measured, Nanoseconds length);
  ~FloorWatch();
  FloorWatch(const FloorWatch&) = delete;
  FloorWatch& operator=(const FloorWatch&) = delete;

  /// Lets it watch from `window.measure` to `window.end`. Once, before `window.measure`.
  void begin(const Window& window);
  /// Ends it, at once where the window is not over; on another core where this one is never given
  /// to it again.
  void finish();

  /// Why the core cannot be had; empty when it can.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  /// After finish(), as the next two.
  [[nodiscard]] FloorGaps gaps() const;
  [[nodiscard]] FloorDuring result(const FloorGaps& around) const;
  [[nodiscard]] const GapLog& log() const noexcept { return log_; }

 private:
  void watch();
  [[nodiscard]] Nanoseconds run_by_others() const noexcept;

  Clock clock_;
  CpuId cpu_;
  std::vector<CpuId> measured_;
  GapLog log_;
  StartGate gate_;
  bool begun_ = false;  ///< Of the owner.
  StopFlag stop_{false};
  std::vector<pid_t> others_;  ///< Threads that may run there; known when the gate opens ...
  Nanoseconds others_ran_{};   ///< ... and what they had run until then.
  std::string problem_;
  ProbeRun run_;  ///< Of the watching thread until it has ended, as the next.
  Nanoseconds own_{};
  std::thread thread_;
};

/// Spins on the measured cores as spin_probe() does and meanwhile watches the free one, if there is
/// one, as during a run; `around` gets what it saw.
[[nodiscard]] std::vector<SpinProbe> probe_around(const Clock& clock,
                                                  const std::vector<CpuId>& measured,
                                                  Nanoseconds length, const FreeCore& free,
                                                  FloorGaps& around);

/// For the result: which core was watched during the run, or why none. `problem`: of the watch.
[[nodiscard]] TuningStep floor_step(const FreeCore& free, const std::string& problem);

/// Probes the floor of the measured cores before and after a repetition, and watches the free one
/// meanwhile; null where the plan wants nothing of it.
[[nodiscard]] std::unique_ptr<Observer> observe_floor(const RepetitionPlan& plan);

}  // namespace busmark
