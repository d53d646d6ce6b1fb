// SPDX-License-Identifier: Apache-2.0
#include "verb/selftest/measure.hpp"

#include <cmath>

#include "engine/registry.hpp"
#include "plan/placement.hpp"

namespace busmark {
namespace {

/// As the runner plans a repetition; where there is one core only, its threads take turns.
RepetitionPlan plan_alone(Scenario scenario, const Clock& clock, const Topology& topology,
                          Placement& placement) {
  scenario.oversubscribe = topology.cpus.size() < scenario.threads();
  placement = place(topology, scenario, {});
  RepetitionPlan plan;
  plan.producer_cpus.assign(placement.cpus.begin(), placement.cpus.begin() + scenario.producers);
  plan.consumer_cpus.assign(placement.cpus.begin() + scenario.producers, placement.cpus.end());
  plan.wait = placement.degraded_wait ? WaitStrategy::yield : scenario.wait;
  plan.clock = clock;
  plan.scenario = std::move(scenario);
  return plan;
}

}  // namespace

PlannedMessages planned_messages(const Scenario& scenario) {
  const double per_ns = scenario.load.rate->per_second / 1e9;
  const auto due_before = [&](Nanoseconds end) {
    return static_cast<std::uint64_t>(std::ceil(static_cast<double>(end.count()) * per_ns));
  };
  const std::uint64_t warmup = due_before(scenario.warmup);
  return {.warmup = warmup, .measured = due_before(scenario.warmup + scenario.duration) - warmup};
}

RepetitionPlan detail::prepare_self_test(const SelfTestCase& test, const Clock& clock,
                                         const Topology& topology, SyntheticProgram& program,
                                         SelfTestRun& run) {
  RepetitionPlan plan = plan_alone(test.scenario, clock, topology, run.result.placement);
  plan.synthetic = &program;
  // Room for one duplicate of each message and whatever an engine that has lost its way sends.
  run.log.deliveries.assign(2 * planned_messages(test.scenario).all() + 1024, {});
  program.clock = clock;
  program.log = &run.log;
  run.result.scenario = plan.scenario;
  run.result.lossless = SyntheticTransport::kInfo.lossless;
  return plan;
}

Nanoseconds measure_typical_p50(const Clock& clock, const Topology& topology,
                                const StopFlag& stop) {
  const TransportEntry* transport = find_transport("queue/spsc");
  if (transport == nullptr) return {};
  Scenario scenario;
  scenario.name = "typical";
  scenario.transport = transport->info.name;
  scenario.warmup = std::chrono::milliseconds(50);
  scenario.duration = std::chrono::milliseconds(250);
  Placement placement;
  const RepetitionPlan plan = plan_alone(std::move(scenario), clock, topology, placement);
  LiveProgress live(clock);
  const RepetitionResult result = transport->run(plan, stop, live);
  return Nanoseconds(result.response.value_at(Percentile{500'000}));
}

}  // namespace busmark
