// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <type_traits>

#include "engine/drive/synthetic.hpp"
#include "engine/repetition.hpp"
#include "machine/topology.hpp"
#include "transport/synthetic/synthetic.hpp"

namespace busmark {

/// A run whose truth is known beforehand.
struct SelfTestCase {
  std::string name;
  std::string about;         ///< What is programmed, in a few words.
  Scenario scenario;         ///< Transport `synthetic`, open loop, constant arrivals.
  SyntheticProgram program;  ///< Without clock and log.
};

/// What the engine made of it, beside what the transport saw.
struct SelfTestRun {
  ScenarioResult result;  ///< One repetition.
  SyntheticLog log;
};

/// Messages that are due in the warm-up and in the measured window, by the scenario's plan alone.
struct PlannedMessages {
  std::uint64_t warmup = 0;
  std::uint64_t measured = 0;
  [[nodiscard]] std::uint64_t all() const noexcept { return warmup + measured; }
};
[[nodiscard]] PlannedMessages planned_messages(const Scenario& scenario);

namespace detail {

/// Cores, room in the log and everything else a case needs; `program` gets clock and log.
[[nodiscard]] RepetitionPlan prepare_self_test(const SelfTestCase& test, const Clock& clock,
                                               const Topology& topology, SyntheticProgram& program,
                                               SelfTestRun& run);

}  // namespace detail

/// Drives the case through the very same engine as any run. `Parts` other than the real ones are
/// for tests that plant a fault. Throws SetupError when the cores cannot be had.
template <typename Parts = EngineParts>
[[nodiscard]] SelfTestRun run_self_test(const SelfTestCase& test, const Clock& clock,
                                        const Topology& topology, const StopFlag& stop) {
  SelfTestRun run;
  SyntheticProgram program = test.program;
  const RepetitionPlan plan = detail::prepare_self_test(test, clock, topology, program, run);
  LiveProgress live(clock);
  if constexpr (std::is_same_v<Parts, EngineParts>) {
    run.result.repetitions.push_back(run_synthetic(plan, stop, live));
  } else {
    run.result.repetitions.push_back(Repetition<SyntheticTransport, Parts>(plan, stop, live).run());
  }
  return run;
}

/// The median response time of `queue/spsc` at 100k/s, taken in 0.3 s: what the engine's own cost
/// is to be set against. 0 when it could not be had.
[[nodiscard]] Nanoseconds measure_typical_p50(const Clock& clock, const Topology& topology,
                                              const StopFlag& stop);

}  // namespace busmark
