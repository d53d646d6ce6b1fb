// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/run_result.hpp"
#include "support/results.hpp"

namespace busmark::testing {

inline Environment example_environment() {
  Environment environment;
  environment.build.version = "0.1.0";
  environment.build.compiler = "g++ 12.2.0";
  environment.build.flags = "release -O3";
  environment.build.allocator = "mimalloc 2.0.9";
  environment.build.libraries = {{"fmt", "9.1.0"}};
  environment.build.optimised = true;
  environment.host = "bench-1";
  environment.cpu_model = "Example CPU";
  environment.online_cpus = 4;
  environment.kernel = "Linux 6.1.0";
  environment.kernel_build = "#1 SMP PREEMPT_DYNAMIC";
  environment.architecture = "x86_64";
  environment.virtual_machine = false;
  environment.clocksource = "tsc";
  environment.governor = "performance";
  environment.smt = "off";
  environment.transparent_huge_pages = "madvise";
  environment.realtime_budget_us = 950'000;
  environment.load_average = 0.25;
  return environment;
}

/// One scenario of each verdict, with figures chosen to be read.
inline RunResult example_run() {
  RunResult run;
  run.options.name = "example";
  run.options.repetitions = 3;
  run.environment = example_environment();
  run.clock = {.source = ClockSource::tsc,
               .reason = "invariant TSC",
               .ticks_per_second = 2.6e9,
               .read_cost_ns = 9.5,
               .ordered_read_cost_ns = 18.5,
               .resolution_ns = 10,
               .calibration_ppm = 0.2};
  run.tuning = {{"lock memory", true, "all pages"}};
  run.started_at = "2026-01-31T09:15:00Z";
  run.wall = std::chrono::milliseconds(12'300);

  const auto add = [&](const char* name, ScenarioResult result) {
    result.scenario.name = name;
    result.placement.producers = 1;
    result.placement.cpus = {CpuId{2}, CpuId{3}};
    result.placement.reason = "same last-level cache";
    run.scenarios.push_back(std::move(result));
  };
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  add("passes", scenario({repetition(1000, microseconds(2)), repetition(1000, microseconds(3)),
                          repetition(1000, microseconds(2))}));
  add("warns", scenario({repetition(1000, microseconds(4700))}));
  add("straddles", scenario({repetition(1000, milliseconds(4)), repetition(1000, milliseconds(6)),
                             repetition(1000, milliseconds(4))}));
  add("fails", scenario({repetition(1000, milliseconds(10))}));
  RepetitionResult lossy = repetition(1000, microseconds(2));
  lossy.counts.received = 997;
  lossy.counts.lost = 3;
  add("loses", scenario({lossy}));
  RepetitionResult moved = repetition(1000, microseconds(2));
  moved.disturbance = "the cores moved: near (60 ns one way) before, far (220 ns) after";
  moved.after.one_way_ns = 220;
  add("disturbed-once", scenario({moved, repetition(1000, microseconds(2))}));
  add("few-samples", scenario({repetition(50, microseconds(2))}));
  ScenarioResult saturated = scenario({repetition(100'000, microseconds(90))}, {"lost == 0"});
  saturated.scenario.load.rate.reset();
  saturated.repetitions[0].intended_rate = 0;
  saturated.repetitions[0].achieved_rate = 12.5e6;
  add("saturated", std::move(saturated));
  ScenarioResult skipped = scenario({});
  skipped.skipped = "nats-server is not installed; apt-get install nats-server";
  add("skipped", std::move(skipped));
  return run;
}

}  // namespace busmark::testing
