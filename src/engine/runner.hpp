// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/live_progress.hpp"
#include "engine/repetition.hpp"
#include "machine/affinity.hpp"
#include "machine/free_cores.hpp"
#include "machine/process_pauses.hpp"
#include "machine/process_tuning.hpp"
#include "machine/topology.hpp"
#include "record/plan.hpp"
#include "record/repetition.hpp"
#include "record/run_result.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// The cores of all scenarios, each once, ascending.
[[nodiscard]] std::vector<CpuId> measured_cores(const RunPlan& plan);

/// `2026-01-31T23:59:59Z`.
[[nodiscard]] std::string utc_now();

/// Sees each scenario when it has ended; false leaves out those behind it. Empty: never.
using GoOn = std::function<bool(const ScenarioResult&)>;

/// What the repetitions of a scenario so far are taken for.
struct Look {
  std::uint32_t more = 0;  ///< So many more are to be run at once; 0: there are enough.
  std::string why{};       ///< As a part of a sentence.
};
/// Sees a scenario, with the time that it took so far, when the planned repetitions are there, and
/// then each time when those are there that it has asked for. Empty: the planned ones are enough.
using LookAt = std::function<Look(const ScenarioResult&)>;

/// Whoever keeps what is over, while nothing is measured. Must not throw.
struct RunNotes {
  /// Machine, clock and own cost are known.
  std::function<void(const RunResult&)> begun{};
  /// A repetition of the scenario at this place of the plan is over, or a fault has ended it.
  std::function<void(std::size_t place, const ScenarioResult&)> over{};
};

/// Which of many repetitions a run is a part of.
struct RunPart {
  std::uint32_t first = 0;  ///< Repetition i of it draws with seed + first + i.
  std::uint32_t all = 0;    ///< How many there are in all; 0: those of the plan.
  bool whole = true;        ///< Whatever the budgets say; false: as Scenario::abort_on_fail wants.
  GoOn go_on{};
  LookAt look_at{};
  RunNotes notes{};
  /// What an earlier part of the run has measured, as the plan's scenarios; empty: nothing. It is
  /// in the result too, and is not measured again.
  std::vector<std::vector<RepetitionResult>> before{};
  /// Without what takes longer than a short repetition: no probes of the floor, no witness.
  bool lean = false;
};

/// Keeps the machine ready for runs that follow each other closely: what costs time is done once.
class RunSession {
 public:
  /// Takes the calling thread off the cores of all plans and tunes the process while it lives.
  /// Measures what the door of a plugin costs, where a plan has one.
  RunSession(const std::vector<RunPlan>& plans, const Clock& clock);

  /// Runs everything in order on this machine, as the function below does.
  [[nodiscard]] RunResult run(const RunPlan& plan, const StopFlag& stop, LiveProgress& live,
                              RunPart part = {}) const;

  /// What run() knows before it measures: machine, clock, own cost, time.
  [[nodiscard]] RunResult begin(const RunPlan& plan) const;
  /// One repetition, with the verdict whether the machine held still. `agreed_start`: see
  /// RepetitionPlan. Throws SetupError. Also from a thread that the constructor's has started.
  [[nodiscard]] RepetitionResult repeat(const RunOptions& options, const PlannedScenario& planned,
                                        std::uint32_t repetition,
                                        const std::function<std::int64_t()>& agreed_start,
                                        const StopFlag& stop, LiveProgress& live) const;
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }

 private:
  Clock clock_;
  Environment environment_;
  SelfOverhead overhead_;
  std::vector<DoorCost> door_;
  FreeCores free_;  ///< Before the next one takes the calling thread off the measured cores.
  AffinityGuard affinity_;
  PauseCounter pauses_;
  std::optional<ProcessTuning> tuning_;
};

/// Runs everything in order on this machine. `stop` ends the running repetition early; what is
/// there then is returned, marked interrupted, with the rest as skipped. Throws SetupError when a
/// core or an endpoint cannot be had before anything was measured; later the sentence is among the
/// faults of its scenario, and the others run. Of `part` counts what it says of the run's course.
[[nodiscard]] RunResult run(const RunPlan& plan, const Clock& clock, const StopFlag& stop,
                            LiveProgress& live, RunPart part = {});

}  // namespace busmark
