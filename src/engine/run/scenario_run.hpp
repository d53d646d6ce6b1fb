// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "busmark/base/clock.hpp"

#include "engine/live_progress.hpp"
#include "engine/registry.hpp"
#include "engine/repetition_plan.hpp"
#include "engine/runner.hpp"
#include "machine/free_cores.hpp"

namespace busmark {

/// Which core to watch beside a scenario: guests move, so it is asked before each repetition.
using FreeCoreOf = std::function<FreeCore(const PlannedScenario&, const TransportEntry&)>;

/// Repetition `repetition` of the run's, resolved. `whole`: as RunPart::whole.
[[nodiscard]] RepetitionPlan plan_repetition(const RunOptions& options,
                                             const PlannedScenario& planned, const Clock& clock,
                                             std::uint32_t repetition, bool whole);

/// Runs one repetition with all that its plan wants around it. A lean one is too short for that and
/// runs beside others like it.
[[nodiscard]] RepetitionResult observed_repetition(RepetitionPlan plan,
                                                   const TransportEntry& transport,
                                                   const StopFlag& stop, LiveProgress& live);

/// What the repetitions of a scenario are made with. Nothing is owned.
struct RunTools {
  const RunOptions& options;
  const RunPart& part;
  const Clock& clock;
  const FreeCoreOf& free;
  const StopFlag& stop;
  LiveProgress& live;
  std::function<bool()> nothing_yet;  ///< No scenario of the run has measured anything.
};

/// One scenario, a repetition at a time, behind those that RunPart::before has. Both arguments must
/// outlive it.
class ScenarioRun {
 public:
  /// `place`: which scenario of the plan it is.
  ScenarioRun(const RunTools& tools, const PlannedScenario& planned, std::size_t place);

  /// Runs one more, with its retries. False when there are to be no more.
  bool step();
  /// Whether there is something to tell of it.
  [[nodiscard]] bool reached() const noexcept {
    return has_measured() || !result_.skipped.empty() || !result_.faults.empty();
  }
  [[nodiscard]] bool has_measured() const noexcept { return measured_; }
  /// What there is, once.
  [[nodiscard]] ScenarioResult take();

 private:
  bool wants_more();
  void repeat();

  const RunTools& tools_;
  const PlannedScenario& planned_;
  std::size_t place_;
  const TransportEntry* transport_;
  ScenarioResult result_;
  std::uint32_t retries_;
  std::uint32_t wanted_;
  std::uint32_t repetition_ = 0;
  Nanoseconds took_{};
  bool measured_ = false;  ///< Also behind take().
  bool over_ = false;
};

}  // namespace busmark
