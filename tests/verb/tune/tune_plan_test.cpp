// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "verb/ab/judge.hpp"
#include "verb/tune/ledger.hpp"
#include "verb/tune/plan.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

Nanoseconds taken(const TuneTimes& times) {
  const TunePlan plan = plan_trials(times);
  const auto blocks = static_cast<std::int64_t>(plan.rounds * kAbArms);
  return (blocks * whole_block(plan.block) + kAroundTrial) *
         static_cast<std::int64_t>(times.trials + 1);
}

TEST_CASE("a session is planned half as long again as it may take, for most trials end early") {
  for (const Nanoseconds session : {Nanoseconds(60s), Nanoseconds(2min), Nanoseconds(10min)}) {
    const TuneTimes times{.session = session, .trials = 10, .least_block = 20ms};
    CHECK(taken(times) <= session * 3 / 2);
    CHECK(taken(times) > session * 12 / 10);
  }
}

TEST_CASE("more time buys rounds first, up to 60, and then longer blocks") {
  const auto at = [](Nanoseconds session) {
    return plan_trials({.session = session, .trials = 10, .least_block = 20ms});
  };
  CHECK(at(2min).rounds > rounds_for_family(20));
  CHECK(at(2min).block < 60ms);
  CHECK(at(20min).rounds == 60);
  CHECK(at(20min).block > 60ms);
  CHECK(at(24h).block == 1s);
}

TEST_CASE("short of time the blocks get shorter, never the rounds that being sure takes") {
  const TunePlan plan = plan_trials({.session = 12s, .trials = 10, .least_block = 20ms});
  CHECK(plan.rounds == rounds_for_family(20));
  CHECK(plan.block == 20ms);
  CHECK(plan_trials({.session = 1s, .trials = 10, .least_block = 150ms}).block == 150ms);
}

TEST_CASE("what the user says is taken as it is") {
  const TunePlan plan =
      plan_trials({.session = 1s, .trials = 10, .least_block = 20ms, .block = 10ms, .rounds = 6});
  CHECK(plan.block == 10ms);
  CHECK(plan.rounds == 6);
  CHECK(plan_trials({.session = 2min, .trials = 10, .least_block = 20ms, .rounds = 6}).block >
        300ms);
}

TEST_CASE("a block is long enough for its percentile at its rate") {
  Scenario scenario;
  scenario.load.rate = MessageRate{1000};
  CHECK(least_block(scenario, "p95") == 108ms);  // 1.5 times 72 samples
  CHECK(least_block(scenario, "rate") == 20ms);
  scenario.load.rate = MessageRate{1e6};
  CHECK(least_block(scenario, "p99.9") == 20ms);
  scenario.load.rate.reset();
  CHECK(least_block(scenario, "p99.9") == 20ms);
}

}  // namespace
}  // namespace busmark
