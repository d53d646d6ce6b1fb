// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/ab.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using Round = std::array<AbBlock, kAbArms>;

/// Values of all measures in one block: every figure has noise of its own and some of the block's.
AbBlock block(std::mt19937_64& random, double spread, double factor, std::size_t slowed) {
  std::normal_distribution<double> normal;
  const double common = spread * normal(random);
  AbBlock made;
  const std::size_t count = measure_names().size();
  for (std::size_t i = 0; i < count; ++i) {
    const double truth = 1000.0 * static_cast<double>(i + 1) * (i == slowed ? factor : 1);
    made.values.emplace_back(truth * std::exp(0.7 * common + 0.7 * spread * normal(random)));
  }
  return made;
}

std::size_t index_of(const std::string& name) {
  const std::vector<std::string> names = measure_names();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

AbSession session(std::uint64_t seed, double spread, double factor, std::size_t rounds = 20) {
  std::mt19937_64 random(seed);
  AbSession made;
  made.a = "wait=spin";
  made.b = "wait=park";
  AbScenario& scenario = made.scenarios.emplace_back();
  scenario.name = "one";
  for (std::size_t i = 0; i < rounds; ++i) {
    Round& round = scenario.rounds.emplace_back();
    for (const AbArm arm : {AbArm::a, AbArm::b, AbArm::again}) {
      round[static_cast<std::size_t>(arm)] =
          block(random, spread, arm == AbArm::b ? factor : 1, index_of("p95"));
    }
  }
  return made;
}

RunComparison judged(const AbSession& one) { return compare_blocks(one, {.threshold = 0.02}); }

const MeasureChange& measure_of(const RunComparison& comparison, const std::string& name) {
  for (const MeasureChange& change : comparison.scenarios.at(0).measures) {
    if (change.measure == name) return change;
  }
  FAIL("no measure " << name);
  return comparison.scenarios.at(0).measures.at(0);
}

TEST_CASE("of sessions that compare a thing with itself at most 5 % call any difference") {
  for (const double spread : {0.003, 0.02, 0.1}) {
    constexpr std::uint64_t kSessions = 300;
    std::uint64_t wrong = 0;
    for (std::uint64_t seed = 0; seed < kSessions; ++seed) {
      const RunComparison comparison = judged(session(seed, spread, 1));
      const auto calls = comparison.count(Change::regressed) + comparison.count(Change::improved);
      wrong += calls > 0 ? 1 : 0;
    }
    CAPTURE(spread);
    CHECK(wrong <= kSessions * 5 / 100);
  }
}

TEST_CASE("ten per cent in one of all measures are found in at least 90 % of sessions") {
  constexpr std::uint64_t kSessions = 200;
  std::uint64_t found = 0;
  for (std::uint64_t seed = 0; seed < kSessions; ++seed) {
    const RunComparison comparison = judged(session(seed, 0.03, 1.1));
    found += measure_of(comparison, "p95").change == Change::regressed ? 1U : 0U;
  }
  CHECK(found >= kSessions * 90 / 100);
}

TEST_CASE("every block and round is in its place, and each order is followed by its reverse") {
  const auto orders = ab_orders(600, 3);
  REQUIRE(orders.size() == 600);
  std::map<std::pair<std::size_t, AbArm>, int> seen;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    for (std::size_t place = 0; place < kAbArms; ++place) ++seen[{place, orders[i][place]}];
    if (i % 2 == 1) {
      CHECK(std::equal(orders[i].begin(), orders[i].end(), orders[i - 1].rbegin()));
    }
  }
  CHECK(seen.size() == 9);
  for (const auto& [where, count] : seen) CHECK(count >= 150);  // of 200
  CHECK(ab_orders(600, 3) == orders);
  CHECK(ab_orders(600, 4) != orders);
  CHECK(ab_orders(3, 1).size() == 3);
  CHECK(ab_orders(0, 1).empty());
}

TEST_CASE("disturbed rounds are left out where enough are not, and used with a note otherwise") {
  AbSession some = session(1, 0.01, 1);
  for (std::size_t i = 0; i < 5; ++i)
    some.scenarios[0].rounds[i][1].disturbance = "the cores moved";
  RunComparison comparison = judged(some);
  CHECK(measure_of(comparison, "p50").rounds == 15);
  CHECK(comparison.scenarios[0].notes.at(0) ==
        "5 of 20 rounds were disturbed and are left out; the first: the cores moved");

  for (std::size_t i = 5; i < 15; ++i) some.scenarios[0].rounds[i][0].disturbance = "steal";
  comparison = judged(some);
  CHECK(measure_of(comparison, "p50").rounds == 20);
  CHECK(comparison.scenarios[0].notes.at(0) ==
        "15 of 20 rounds were disturbed, so all are used; the first: the cores moved");
}

TEST_CASE("invalid rounds are never used, and too many of them end the comparison") {
  AbSession some = session(1, 0.01, 1);
  for (std::size_t i = 0; i < 5; ++i) some.scenarios[0].rounds[i][1].invalid = "is INVALID: lost";
  RunComparison comparison = judged(some);
  CHECK(measure_of(comparison, "p50").rounds == 15);
  CHECK_FALSE(comparison.any_invalid());
  CHECK(
      comparison.scenarios[0].notes.at(0).starts_with("5 of 20 rounds are left out: A is INVALID "
                                                      "in 0 and B in 5 of 20 rounds"));

  for (std::size_t i = 5; i < 15; ++i) some.scenarios[0].rounds[i][1].invalid = "is INVALID: lost";
  comparison = judged(some);
  CHECK(comparison.any_invalid());
  CHECK(comparison.scenarios[0].measures.empty());
}

TEST_CASE("a percentile that most blocks withhold is not judged, nor is what was not asked for") {
  AbSession some = session(1, 0.01, 1);
  const std::size_t tail = index_of("p99.99");
  for (std::size_t i = 0; i < 11; ++i) some.scenarios[0].rounds[i][2].values[tail].reset();
  const RunComparison comparison = judged(some);
  CHECK(comparison.scenarios[0].measures.size() == measure_names().size() - 1);
  const RunComparison only =
      compare_blocks(some, {.threshold = 0.02, .force = false, .measures = {"p95", "rate"}});
  REQUIRE(only.scenarios[0].measures.size() == 2);
  CHECK(only.scenarios[0].measures[0].measure == "p95");
}

TEST_CASE("a session that was interrupted at once has nothing to say and says so") {
  AbSession none = session(1, 0.01, 1, 0);
  const RunComparison comparison = judged(none);
  CHECK(comparison.scenarios[0].not_compared == "no round was completed");
  CHECK_FALSE(comparison.any_invalid());
  none.scenarios.clear();
  CHECK(judged(none).scenarios.empty());
}

TEST_CASE("a block has a value for each measure, or none where the run has withheld it") {
  StoredScenario scenario;
  CHECK(read_block(scenario).invalid == "has no repetition");
  StoredRepetition& repetition = scenario.repetitions.emplace_back();
  repetition.rate.achieved = 1000;
  repetition.disturbance = "the cores moved";
  repetition.response.percentiles = {{Percentile{950'000}, Nanoseconds(500)}};
  const AbBlock read = read_block(scenario);
  CHECK(read.invalid.empty());
  CHECK(read.disturbance == "the cores moved");
  CHECK(read.values.at(index_of("p95")) == 500);
  CHECK(read.values.at(index_of("rate")) == 1000);
  CHECK_FALSE(read.values.at(index_of("p50")).has_value());
  CHECK_FALSE(read.values.at(index_of("cpu")).has_value());
  scenario.verdict = Verdict::invalid;
  scenario.reasons = {"the rate was missed"};
  CHECK(read_block(scenario).invalid == "is INVALID: the rate was missed");
}

}  // namespace
}  // namespace busmark
