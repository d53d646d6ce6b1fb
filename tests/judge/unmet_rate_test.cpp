// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "judge/verdict.hpp"
#include "support/faulty_transports.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using namespace busmark::testing;

template <typename Fault>
ScenarioVerdict judge_run(const Scenario& scenario) {
  ScenarioResult result;
  result.scenario = scenario;
  result.lossless = true;
  result.repetitions.push_back(run_faulty<Fault>(scenario));
  return judge(result, summarise(result));
}

/// Whether one of the reasons has the word.
bool mentions(const ScenarioVerdict& verdict, const std::string& word) {
  for (const std::string& reason : verdict.reasons) {
    if (reason.find(word) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("a rate that the transport cannot take makes the run invalid, whatever its latencies") {
  Scenario scenario = short_scenario();
  scenario.budget = {parse_budget("p50 < 1h")};
  scenario.capacity = 16;
  scenario.drain = 20ms;
  // 100k/s are asked for, the consumer takes a message in 100 us at best.
  const ScenarioVerdict verdict = judge_run<StallingConsumer>(scenario);
  CHECK(verdict.verdict == Verdict::invalid);
  CHECK(mentions(verdict, "intended"));
}

TEST_CASE("loss on a lossless transport makes the run invalid") {
  Scenario scenario = short_scenario();
  scenario.budget = {parse_budget("p50 < 1h")};
  scenario.drain = 20ms;
  const ScenarioVerdict verdict = judge_run<LoseEvery100th>(scenario);
  CHECK(verdict.verdict == Verdict::invalid);
  CHECK(mentions(verdict, "lost"));
}

}  // namespace
}  // namespace busmark
