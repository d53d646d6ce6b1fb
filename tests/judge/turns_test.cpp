// SPDX-License-Identifier: Apache-2.0
#include "judge/turns.hpp"

#include <doctest/doctest.h>

#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

ScenarioResult rounds(const std::vector<Nanoseconds>& latencies) {
  ScenarioResult result = testing::scenario({});
  for (const Nanoseconds latency : latencies) {
    result.repetitions.push_back(testing::repetition(1000, latency));
    result.repetitions.back().attempt = 1;
    result.repetitions.back().received_rate = 1000;
  }
  return result;
}

const StoredDifference& of(const std::vector<StoredDifference>& all, std::string_view measure) {
  for (const StoredDifference& one : all) {
    if (one.measure == measure) return one;
  }
  FAIL("no such measure");
  return all.front();
}

TEST_CASE("a machine that moves from round to round moves both, and the quotient stands") {
  const auto differences =
      differences_by_turns(rounds({10us, 40us, 20us, 80us}), rounds({20us, 80us, 40us, 160us}));
  const StoredDifference& p50 = of(differences, "p50");
  CHECK(p50.rounds == 4);
  CHECK(p50.share == doctest::Approx(1).epsilon(0.01));
  REQUIRE(p50.low.has_value());
  CHECK(*p50.low <= p50.share);
  CHECK(*p50.high >= p50.share);
  CHECK(of(differences, "rate").share == doctest::Approx(0));
}

TEST_CASE("two rounds have a share and no interval") {
  const auto differences = differences_by_turns(rounds({10us, 10us}), rounds({10us, 10us}));
  CHECK_FALSE(of(differences, "p50").low.has_value());
  CHECK(of(differences, "p50").rounds == 2);
}

TEST_CASE("a round that was disturbed on either side is left out, a retry takes its place") {
  ScenarioResult above = rounds({10us, 10us, 10us});
  ScenarioResult one = rounds({20us, 20us, 20us});
  above.repetitions[0].disturbance = "the cores moved";
  CHECK(of(differences_by_turns(above, one), "p50").rounds == 2);
  RepetitionResult retry = testing::repetition(1000, 20us);
  retry.attempt = 2;
  above.repetitions.insert(above.repetitions.begin() + 1, retry);
  const auto differences = differences_by_turns(above, one);
  CHECK(of(differences, "p50").rounds == 3);
  above.repetitions.clear();
  CHECK(differences_by_turns(above, one).empty());
}

TEST_CASE("too few messages for a percentile say nothing of it") {
  ScenarioResult above = rounds({10us, 10us, 10us});
  for (RepetitionResult& repetition : above.repetitions) repetition = testing::repetition(5, 10us);
  for (RepetitionResult& repetition : above.repetitions) repetition.received_rate = 100;
  for (const StoredDifference& one : differences_by_turns(above, rounds({10us, 10us, 10us}))) {
    CHECK(one.measure != "p95");
  }
}

}  // namespace
}  // namespace busmark
