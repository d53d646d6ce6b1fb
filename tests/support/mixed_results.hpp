// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aspect/users/users.hpp"
#include "support/results.hpp"

namespace busmark::testing {

/// A class whose every message took `latency`.
inline ClassResult class_result(std::uint64_t published, std::uint64_t received,
                                Nanoseconds latency) {
  ClassResult result;
  result.published = published;
  result.received = received;
  result.response.record_n(static_cast<std::uint64_t>(latency.count()), received);
  return result;
}

/// 800 quick and 200 slow messages in one second; `missing` of the slow ones never arrived.
inline RepetitionResult mixed_repetition(Nanoseconds quick, Nanoseconds slow,
                                         std::uint64_t missing = 0) {
  RepetitionResult result = repetition(0, quick);
  result.classes = {class_result(800, 800, quick), class_result(200, 200 - missing, slow)};
  for (const ClassResult& one : result.classes) {
    result.response.merge(one.response);
    result.service.merge(one.response);
    result.counts.published += one.published;
    result.counts.received += one.received;
  }
  result.pacing.lag.record_n(20, 1000);
  result.counts.lost = missing;
  cut_evenly(result);
  return result;
}

/// Three in four asked for where four in five came, so that the two shares can be told apart.
inline ScenarioResult mixed_scenario(std::vector<RepetitionResult> repetitions) {
  ScenarioResult result = scenario(std::move(repetitions), {"p95 < 5s"});
  result.scenario.name = "mixed";
  result.scenario.mix = {{.name = "price",
                          .weight = 3,
                          .payload = ByteCount{64},
                          .budget = {parse_budget("p95 < 5us")}},
                         {.name = "deep",
                          .weight = 1,
                          .payload = ByteCount{4096},
                          .work = std::chrono::microseconds(20),
                          .budget = {parse_budget("p95 < 30us"), parse_budget("lost == 0")}}};
  return result;
}

/// A closed loop of 10 users: 1000 turns in a second, each of 2 ms and 7.5 ms of thought.
inline ScenarioResult users_scenario() {
  using namespace std::chrono_literals;
  RepetitionResult one = repetition(1000, 2ms);
  one.pacing.lag = Histogram();
  one.pacing.lag.record_n(500'000, 1000);
  one.users = {.thoughts = 1000, .thought = 7500ms};
  one.intended_rate = 0;
  ScenarioResult result = scenario({std::move(one)}, {"p95 < 5s"});
  result.scenario.name = "callers";
  result.scenario.pattern = Pattern::request_reply;
  result.scenario.transport = "bus/mpmc";
  result.scenario.load.rate.reset();
  result.scenario.users = 10;
  result.scenario.think = parse_think("exp(7500us)");
  return result;
}

}  // namespace busmark::testing
