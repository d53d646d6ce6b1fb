// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "record/run.hpp"

namespace busmark::testing {

/// A repetition all of whose percentiles are `latency` ns, at `rate` messages per second.
inline StoredRepetition stored_repetition(double latency, double rate = 1000) {
  StoredRepetition repetition;
  repetition.used = true;
  repetition.response.count = 1'000'000;
  for (const Percentile percentile : kReportedPercentiles) {
    repetition.response.percentiles.push_back(
        {percentile, Nanoseconds(static_cast<std::int64_t>(latency))});
  }
  repetition.rate.intended = 1000;
  repetition.rate.achieved = rate;
  repetition.counts.published = 1000;
  repetition.counts.received = 1000;
  repetition.resources.producers.user = std::chrono::milliseconds(1);
  repetition.before.distance = Distance::near;
  repetition.after.distance = Distance::near;
  return repetition;
}

/// A run of one scenario, `one`, with these repetitions.
inline StoredRun stored_run(std::vector<StoredRepetition> repetitions) {
  StoredRun run;
  run.name = "example";
  run.environment.machine.host = "bench-1";
  run.environment.machine.cpu_model = "Example CPU";
  run.environment.machine.online_cpus = 4;
  StoredScenario scenario;
  scenario.name = "one";
  scenario.transport = "queue/spsc";
  scenario.parameters = {{"producers", std::int64_t{1}}, {"load", std::string("1k/s")}};
  scenario.repetitions = std::move(repetitions);
  run.scenarios.push_back(std::move(scenario));
  return run;
}

/// The same with a repetition for each latency, in ns.
inline StoredRun stored_run(const std::vector<double>& latencies) {
  std::vector<StoredRepetition> repetitions;
  for (const double latency : latencies) repetitions.push_back(stored_repetition(latency));
  return stored_run(std::move(repetitions));
}

}  // namespace busmark::testing
