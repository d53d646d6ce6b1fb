// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aspect/stages/stages.hpp"
#include "engine/load_curve.hpp"
#include "support/results.hpp"

namespace busmark::testing {

/// A spike of tenfold load between two stretches of 1000/s.
inline const std::vector<std::string> kSpikeLines{"1x for 1s", "10x for 500ms", "1x for 1s"};

/// A stage whose every message took `latency`.
inline StageResult stage(std::uint64_t messages, Nanoseconds latency) {
  Histogram response;
  response.record_n(static_cast<std::uint64_t>(latency.count()), messages);
  StageResult result;
  result.published = messages;
  result.sent = messages;
  result.received = messages;
  result.max = latency;
  result.response = DecodedHistogram(response);
  return result;
}

/// A repetition of the spike whose stages took what is given.
inline RepetitionResult spike_repetition(Nanoseconds before, Nanoseconds spike, Nanoseconds after) {
  RepetitionResult result = repetition(7000, before, 2800);
  result.stages = {stage(1000, before), stage(5000, spike), stage(1000, after)};
  result.stages[1].p95_before = before;
  result.stages[1].recovery = std::chrono::milliseconds(150);
  for (int i = 0; i < 5; ++i) {
    LoadInterval interval;
    interval.start = std::chrono::milliseconds(500) * i;
    interval.length = std::chrono::milliseconds(500);
    interval.intended = i == 2 ? 5000 : 500;
    interval.due = interval.sent = interval.received = i == 2 ? 5000 : 500;
    result.load_series.push_back(interval);
  }
  return result;
}

inline ScenarioResult spike_scenario(std::vector<RepetitionResult> repetitions) {
  ScenarioResult result = scenario(std::move(repetitions), {"p95 < 5s"});
  result.scenario.name = "spike";
  for (const std::string& line : kSpikeLines) {
    result.scenario.stages.push_back(parse_stage(line));
  }
  result.scenario.duration = load_stages(result.scenario).back().end();
  return result;
}

}  // namespace busmark::testing
