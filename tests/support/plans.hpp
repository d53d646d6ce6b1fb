// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "machine/affinity.hpp"

namespace busmark::testing {

/// The calibrated clock of the whole test program: calibration takes a tenth of a second.
inline const Clock& test_clock() {
  static const Clock clock = Clock::calibrate();
  return clock;
}

/// A repetition of some ten milliseconds: 1 producer, 1 consumer, 100k/s, threads that give way to
/// each other. Its drain waits for as long as a busy machine may need; only lost messages make a
/// test wait for that, so tests that lose some shorten it.
inline Scenario short_scenario(const std::string& transport = "queue/spsc") {
  using namespace std::chrono_literals;
  Scenario scenario;
  scenario.name = "test";
  scenario.transport = transport;
  scenario.load.rate = MessageRate{100'000};
  scenario.wait = WaitStrategy::yield;
  scenario.warmup = 2ms;
  scenario.duration = 8ms;
  scenario.drain = 60s;
  return scenario;
}

/// The scenario on the cores this process may use, round and round.
inline RepetitionPlan make_plan(const Scenario& scenario) {
  static const std::vector<CpuId> cpus = allowed_cpus();
  RepetitionPlan plan;
  plan.scenario = scenario;
  plan.clock = test_clock();
  for (std::uint32_t i = 0; i < scenario.threads(); ++i) {
    (i < scenario.producers ? plan.producer_cpus : plan.consumer_cpus)
        .push_back(cpus[i % cpus.size()]);
  }
  plan.wait = scenario.wait;
  plan.nats.url = "own";
  plan.nats.timeout = std::chrono::seconds(60);
  return plan;
}

/// Whether tests may drive it as a transport here, with payloads of that size.
inline bool can_drive(const TransportEntry& entry, std::uint64_t payload = 16) {
  RunOptions options;
  options.nats.url = "own";
  const TransportInfo& info = entry.info;
  const bool fits =
      payload >= info.min_payload && (info.max_payload == 0 || payload <= info.max_payload);
  return fits && !info.operation && entry.why_unavailable(options).empty();
}

/// Runs one repetition over the transport `T`, that need not be in the registry.
template <Transport T>
RepetitionResult run_on(const Scenario& scenario, const StopFlag& stop = StopFlag{false}) {
  LiveProgress live(test_clock());
  return Repetition<T>(make_plan(scenario), stop, live).run();
}

/// The promise of MessageCounts.
inline bool conserved(const MessageCounts& counts) {
  return counts.published == counts.received + counts.dropped + counts.refused + counts.lost;
}

/// Samples of at least `limit`, to the resolution of a bucket.
inline std::uint64_t samples_from(const Histogram& histogram, Nanoseconds limit) {
  std::uint64_t samples = 0;
  histogram.for_each_bucket([&](std::size_t index, std::uint64_t count) {
    const auto lowest = Histogram::shape().lowest_value(index);
    if (lowest >= static_cast<std::uint64_t>(limit.count())) samples += count;
  });
  return samples;
}

/// One repetition of it, by the entry of its transport.
inline RepetitionResult run(const Scenario& scenario) {
  const StopFlag stop{false};
  LiveProgress live(test_clock());
  return find_transport(scenario.transport)->run(make_plan(scenario), stop, live);
}

}  // namespace busmark::testing
