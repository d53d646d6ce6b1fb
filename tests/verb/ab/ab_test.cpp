// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "verb/ab/judge.hpp"

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
  for (std::size_t i = 0; i < 5; ++i) {
    some.scenarios[0].rounds[i][i % kAbArms].disturbance = "the cores moved";
  }
  RunComparison comparison = judged(some);
  CHECK(measure_of(comparison, "p50").rounds == 15);
  CHECK(comparison.scenarios[0].notes.at(0) ==
        "5 of 20 rounds were disturbed and are left out; the first: the cores moved");

  for (std::size_t i = 5; i < 15; ++i) {
    some.scenarios[0].rounds[i][i % kAbArms].disturbance = "steal";
  }
  comparison = judged(some);
  CHECK(measure_of(comparison, "p50").rounds == 20);
  CHECK(comparison.scenarios[0].notes.at(0) ==
        "15 of 20 rounds were disturbed, so all are used; the first: the cores moved");
}

void plant_invalid(AbSession& one, AbArm arm, std::size_t rounds, std::size_t first = 0) {
  for (std::size_t i = first; i < first + rounds; ++i) {
    one.scenarios[0].rounds[i][static_cast<std::size_t>(arm)].invalid = "is INVALID: lost";
  }
}

TEST_CASE("a B that is INVALID in 8 of 20 rounds and equal in the others is told as worse") {
  AbSession some = session(1, 0.01, 1);
  plant_invalid(some, AbArm::b, 8);
  const RunComparison comparison = judged(some);
  const MeasureChange& row = measure_of(comparison, "invalid");
  CHECK(row.change == Change::regressed);
  CHECK(row.unit == MeasureUnit::share);
  CHECK(row.old_value == 0);
  CHECK(row.new_value == doctest::Approx(0.4));
  CHECK(row.reason == "B is invalid in 40 % of its blocks and A in 0 %");
  CHECK(measure_of(comparison, "p50").rounds == 20);
  CHECK(measure_of(comparison, "p50").change != Change::none);
  CHECK(comparison.scenarios[0].notes.at(0) ==
        "an INVALID block counts as worse than a valid one: A is INVALID in 0 of 40 blocks and B "
        "in 8 of 20; the first: is INVALID: lost");

  AbSession reverse = session(1, 0.01, 1);
  plant_invalid(reverse, AbArm::a, 8);
  plant_invalid(reverse, AbArm::again, 8);
  CHECK(measure_of(judged(reverse), "invalid").change == Change::improved);
}

TEST_CASE("what may be chance is inconclusive, and never no change; what strikes both is none") {
  AbSession some = session(1, 0.01, 1);
  plant_invalid(some, AbArm::b, 3);
  CHECK(measure_of(judged(some), "invalid").change == Change::inconclusive);
  AbSession both = session(1, 0.01, 1);
  plant_invalid(both, AbArm::a, 3);
  plant_invalid(both, AbArm::b, 3, 5);
  plant_invalid(both, AbArm::again, 3, 10);
  CHECK(measure_of(judged(both), "invalid").change == Change::none);
  AbSession few = session(1, 0.01, 1, 5);
  plant_invalid(few, AbArm::a, 1);
  plant_invalid(few, AbArm::b, 1);
  CHECK(measure_of(judged(few), "invalid").change == Change::inconclusive);
}

TEST_CASE("a side that is INVALID in half of its blocks has no figures, but is told as worse") {
  AbSession some = session(1, 0.01, 1);
  plant_invalid(some, AbArm::b, 15);
  const RunComparison comparison = judged(some);
  CHECK(comparison.any_invalid());
  REQUIRE(comparison.scenarios[0].measures.size() == 1);
  CHECK(comparison.scenarios[0].measures[0].change == Change::regressed);
}

TEST_CASE("a B that is disturbed or gives up messages more often than A is told") {
  AbSession some = session(1, 0.01, 1);
  for (std::size_t i = 0; i < 9; ++i) {
    AbBlock& b = some.scenarios[0].rounds[i][1];
    b.disturbance = "the cores moved";
    b.undelivered = 0.01;
  }
  const RunComparison comparison = judged(some);
  CHECK(measure_of(comparison, "disturbed").change == Change::regressed);
  CHECK(measure_of(comparison, "undelivered").change == Change::regressed);
  // To leave those rounds out would be to leave out what B does.
  CHECK(measure_of(comparison, "p50").rounds == 20);
}

TEST_CASE("the measure of the budget decides, else p95, else the first that was asked for") {
  const auto primary = [](AbSession one, std::vector<std::string> measures = {}) {
    const RunComparison comparison =
        compare_blocks(one, {.threshold = 0.02, .measures = std::move(measures)});
    std::string name;
    for (const MeasureChange& change : comparison.scenarios.at(0).measures) {
      if (change.primary) name += change.measure;
    }
    return name;
  };
  AbSession one = session(1, 0.01, 1);
  CHECK(primary(one) == "p95");
  CHECK(primary(one, {"p50", "rate"}) == "p50");
  one.scenarios[0].budgeted = "p99";
  CHECK(primary(one) == "p99");
}

TEST_CASE("the rate of a paced load is no figure, unless somebody asks for it") {
  AbSession one = session(1, 0.01, 1);
  one.scenarios[0].paced = true;
  const RunComparison all = judged(one);
  CHECK(all.scenarios[0].measures.size() == measure_names().size() - 1);
  CHECK(
      compare_blocks(one, {.threshold = 0.02, .measures = {"rate"}}).scenarios[0].measures.size() ==
      1);
}

TEST_CASE("the looks of a session share the 5 % and come at growing shares of its time") {
  AbLooks looks;
  double sum = 0;
  int count = 0;
  for (int i = 0; i <= 10'000; ++i) {
    if (const auto share = looks.due(i / 1e4)) {
      sum += *share;
      ++count;
    }
  }
  CHECK(count >= 8);
  CHECK(count <= 12);
  CHECK(sum <= 1);
  CHECK(sum > 0.9);
  CHECK_FALSE(looks.due(1).has_value());
  AbLooks at_once;
  CHECK(at_once.due(1) == AbLooks::last());
}

TEST_CASE("equals that are looked at again and again are called in at most 5 % of sessions") {
  constexpr std::uint64_t kSessions = 200;
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 0; seed < kSessions; ++seed) {
    const AbSession whole = session(seed, 0.1, 1, 45);
    AbSession grown = whole;
    AbLooks looks;
    bool any = false;
    for (std::size_t rounds = 6; rounds <= 45 && !any; ++rounds) {
      const auto share = looks.due(static_cast<double>(rounds) / 45);
      if (!share) continue;
      grown.scenarios[0].rounds.assign(
          whole.scenarios[0].rounds.begin(),
          whole.scenarios[0].rounds.begin() + static_cast<std::ptrdiff_t>(rounds));
      grown.look_share = *share;
      const RunComparison comparison =
          compare_blocks(grown, {.threshold = 0.02, .measures = {"p50", "p95"}});
      any = comparison.count(Change::regressed) + comparison.count(Change::improved) > 0;
    }
    wrong += any ? 1U : 0U;
  }
  CHECK(wrong <= kSessions * 5 / 100);
}

TEST_CASE("a session is decided when its primary measure is and no failure of B is in doubt") {
  AbSession quiet = session(1, 0.01, 1.1, 40);
  CHECK(is_decided(judged(quiet)));
  plant_invalid(quiet, AbArm::b, 3);
  CHECK_FALSE(is_decided(judged(quiet)));
  plant_invalid(quiet, AbArm::b, 12);
  CHECK(is_decided(judged(quiet)));
  CHECK_FALSE(is_decided(judged(session(1, 0.01, 1.1, 20))));
  CHECK_FALSE(is_decided(judged(session(1, 0.3, 1.02, 40))));
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

TEST_CASE(
    "an interrupted session says how many rounds it has, and of how many where that was fixed") {
  AbSession some = session(1, 0.01, 1, 7);
  some.interrupted = true;
  some.planned_rounds = 20;
  CHECK(judged(some).scenarios[0].notes ==
        std::vector<std::string>{"interrupted after 7 of 20 rounds"});
  some.at_most = std::chrono::seconds(60);
  CHECK(judged(some).scenarios[0].notes == std::vector<std::string>{"interrupted after 7 rounds"});
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
