// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/compare.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "busmark/core/error.hpp"

#include "../support/stored.hpp"

namespace busmark {
namespace {

using testing::stored_repetition;
using testing::stored_run;
using Values = std::vector<double>;

const MeasureChange& measure(const RunComparison& comparison, const std::string& name) {
  for (const MeasureChange& change : comparison.scenarios.at(0).measures) {
    if (change.measure == name) return change;
  }
  FAIL("no measure " << name);
  return comparison.scenarios[0].measures[0];
}

Change p95(const Values& before, const Values& after, const CompareOptions& options = {}) {
  return measure(compare(stored_run(before), stored_run(after), options), "p95").change;
}

bool any_says(const std::vector<std::string>& sentences, const std::string& part) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const auto& one) { return one.find(part) != std::string::npos; });
}

const Values kQuiet{1000, 1003, 998, 1001, 1002, 999, 1004, 997};

Values scaled(const Values& values, double factor) {
  Values result;
  for (const double value : values) result.push_back(value * factor);
  return result;
}

TEST_CASE("a difference beyond the threshold is called by its direction") {
  CHECK(p95(kQuiet, scaled(kQuiet, 1.3)) == Change::regressed);
  CHECK(p95(kQuiet, scaled(kQuiet, 0.7)) == Change::improved);
  CHECK(p95(kQuiet, kQuiet) == Change::none);
}

TEST_CASE("a certain difference within the threshold is no change") {
  CHECK(p95(kQuiet, scaled(kQuiet, 1.05)) == Change::none);
  CHECK(p95(kQuiet, scaled(kQuiet, 1.05), {.threshold = 0.02}) == Change::regressed);
}

TEST_CASE("only the measures asked for are compared, which takes fewer repetitions") {
  const CompareOptions options{.measures = {"p95", "rate"}};
  const StoredRun before = stored_run(Values{1000, 1001, 1002, 1003, 1004});
  const StoredRun after = stored_run(Values{2000, 2001, 2002, 2003, 2004});
  const RunComparison comparison = compare(before, after, options);
  REQUIRE(comparison.scenarios[0].measures.size() == 2);
  CHECK(measure(comparison, "p95").change == Change::regressed);
  CHECK(measure_names().size() == 9);
}

TEST_CASE("an interval that reaches over the threshold is inconclusive") {
  const Values wide{1000, 1400, 900, 1500, 1050, 1300, 950, 1200};
  const RunComparison comparison = compare(stored_run(kQuiet), stored_run(wide));
  const MeasureChange& change = measure(comparison, "p95");
  CHECK(change.change == Change::inconclusive);
  CHECK(change.low < 0.1);
  CHECK(change.high > 0.1);
  REQUIRE(change.repetitions_needed);
  CHECK(*change.repetitions_needed > 8);
}

TEST_CASE("with fewer than five repetitions nothing is concluded") {
  const RunComparison comparison = compare(stored_run(Values(4, 1000)), stored_run(kQuiet));
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK(measure(comparison, "p95").repetitions_needed == std::optional<std::uint32_t>(5));
  CHECK(p95(Values(5, 1000), kQuiet) == Change::none);
}

TEST_CASE("three repetitions never confirm a difference, and the number that would is named") {
  const RunComparison comparison =
      compare(stored_run(Values{1000, 1001, 1002}), stored_run(Values{2000, 2001, 2002}));
  const MeasureChange& change = measure(comparison, "p50");
  CHECK(change.change == Change::inconclusive);
  // Nine measures: 2 / C(12, 6) * 9 < 0.05, and 2 / C(10, 5) * 9 is not.
  CHECK(change.repetitions_needed == std::optional<std::uint32_t>(6));
  CHECK(p95({1000, 1001, 1002, 1003, 1004}, {2000, 2001, 2002, 2003, 2004}) ==
        Change::inconclusive);
  CHECK(p95({1000, 1001, 1002, 1003, 1004, 1005}, {2000, 2001, 2002, 2003, 2004, 2005}) ==
        Change::regressed);
}

TEST_CASE("a higher rate is better and more CPU time is worse") {
  StoredRun before = stored_run(kQuiet);
  StoredRun after = before;
  for (StoredRepetition& repetition : after.scenarios[0].repetitions) {
    repetition.rate.achieved = 2000;
    repetition.resources.consumers.system = std::chrono::milliseconds(1);
  }
  const RunComparison comparison = compare(before, after);
  CHECK(measure(comparison, "rate").change == Change::improved);
  CHECK(measure(comparison, "cpu").change == Change::regressed);
  CHECK(measure(comparison, "cpu").effect == doctest::Approx(1));
  CHECK(measure(compare(after, before), "rate").change == Change::regressed);
}

TEST_CASE("across unlike machines a difference is named and not confirmed unless forced") {
  const StoredRun before = stored_run(kQuiet);
  StoredRun after = stored_run(scaled(kQuiet, 2));
  after.environment.machine.cpu_model = "Another CPU";
  after.environment.machine.build.allocator = "glibc 2.36";
  const RunComparison comparison = compare(before, after);
  CHECK(comparison.unlike_machines);
  CHECK(any_says(comparison.differences, "CPU: Example CPU before, Another CPU now"));
  CHECK(any_says(comparison.differences, "allocator: unknown before, glibc 2.36 now"));
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK(measure(comparison, "p95").reason.find("--force") != std::string::npos);
  CHECK(measure(compare(before, after, {.force = true}), "p95").change == Change::regressed);
}

TEST_CASE("another allocator or other flags are named and may be what is compared") {
  StoredRun after = stored_run(scaled(kQuiet, 2));
  after.environment.machine.build.flags = "debug";
  const RunComparison comparison = compare(stored_run(kQuiet), after);
  CHECK_FALSE(comparison.unlike_machines);
  CHECK(any_says(comparison.differences, "flags"));
  CHECK(measure(comparison, "p95").change == Change::regressed);
}

TEST_CASE("neither another load nor another witness class is a regression") {
  StoredRun after = stored_run(scaled(kQuiet, 2));
  SUBCASE("load") { after.scenarios[0].parameters[1].value = std::string("2k/s"); }
  SUBCASE("a key that only one side has") {
    after.scenarios[0].parameters.push_back({"pattern", std::string("fan-out")});
  }
  SUBCASE("witness") {
    for (auto& repetition : after.scenarios[0].repetitions)
      repetition.after.distance = Distance::far;
  }
  const RunComparison comparison = compare(stored_run(kQuiet), after);
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK_FALSE(comparison.scenarios[0].notes.empty());
}

TEST_CASE("disturbed repetitions are not used, and are named with what disturbed them") {
  StoredRun after = stored_run(kQuiet);
  for (std::size_t i = 0; i < 3; ++i) {
    StoredRepetition& repetition = after.scenarios[0].repetitions[i * 2];
    repetition = stored_repetition(9000);
    repetition.disturbed = true;
    repetition.disturbance =
        "a measured thread had its core for only 6" + std::to_string(i) + ".5 % of the time";
  }
  const RunComparison comparison = compare(stored_run(kQuiet), after);
  const ScenarioChange& scenario = comparison.scenarios[0];
  CHECK(scenario.new_repetitions == 5);
  CHECK(any_says(scenario.notes,
                 "repetitions 1, 3, 5 of new are left out, the first since: a measured thread"));
  CHECK(measure(comparison, "p95").change == Change::none);
}

TEST_CASE("a machine that disturbed half of the repetitions confirms no regression") {
  StoredRun after = stored_run(scaled(kQuiet, 2));
  auto& repetitions = after.scenarios[0].repetitions;
  const std::size_t whole = repetitions.size();
  for (std::size_t i = 0; i < whole; ++i) {
    repetitions.push_back(stored_repetition(9000));
    repetitions.back().disturbed = true;
    repetitions.back().disturbance = "the cores moved";
  }
  const RunComparison comparison = compare(stored_run(kQuiet), after);
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK(measure(comparison, "p95").reason.find("disturbed") != std::string::npos);
}

TEST_CASE("other work beside a run is named") {
  StoredRun after = stored_run(kQuiet);
  after.environment.machine.load_average = 3.5;
  CHECK(any_says(compare(stored_run(kQuiet), after).differences, "3.50 on 4 cpus"));
}

TEST_CASE("an invalid scenario is not compared, and says why") {
  StoredRun after = stored_run(scaled(kQuiet, 2));
  after.scenarios[0].verdict = Verdict::invalid;
  after.scenarios[0].reasons = {"3 messages were lost"};
  const RunComparison comparison = compare(stored_run(kQuiet), after);
  CHECK(comparison.any_invalid());
  CHECK(comparison.scenarios[0].measures.empty());
  CHECK(comparison.scenarios[0].not_compared == "the new one is INVALID: 3 messages were lost");
}

TEST_CASE("scenarios that only one run has are named, and none in common is refused") {
  const StoredRun before = stored_run(kQuiet);
  StoredRun after = before;
  after.scenarios.push_back(after.scenarios[0]);
  after.scenarios[1].name = "two";
  const RunComparison comparison = compare(before, after);
  REQUIRE(comparison.scenarios.size() == 2);
  CHECK(comparison.scenarios[1].not_compared == "it is only in the new run");
  after.scenarios.erase(after.scenarios.begin());
  CHECK_THROWS_AS((void)compare(before, after), SetupError);
}

/// Latencies of repetitions with a relative spread of `sigma` about 1 us, skewed upwards.
StoredRun simulated(std::mt19937_64& random, std::size_t repetitions, double sigma,
                    double factor = 1) {
  const auto normal = [&] {
    const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) / 0x1p53; };
    return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * 3.14159265358979 * uniform());
  };
  std::vector<StoredRepetition> all;
  for (std::size_t i = 0; i < repetitions; ++i) {
    StoredRepetition one = stored_repetition(0, 1000 * std::exp(sigma * normal()));
    for (StoredPercentile& stored : one.response.percentiles) {
      const double latency = 1e6 * factor * std::exp(sigma * std::abs(normal()));
      stored.value = Nanoseconds(static_cast<std::int64_t>(latency));
    }
    one.resources.producers.user = Nanoseconds(static_cast<int>(1e6 * std::exp(sigma * normal())));
    all.push_back(std::move(one));
  }
  return stored_run(std::move(all));
}

TEST_CASE("of comparisons of equals at most five percent call any difference") {
  std::mt19937_64 random(3);
  for (const double sigma : {0.02, 0.3, 1.0}) {
    for (const std::size_t repetitions : {3U, 7U, 12U}) {
      int wrong = 0;
      constexpr int kTrials = 100;
      for (int trial = 0; trial < kTrials; ++trial) {
        const RunComparison comparison =
            compare(simulated(random, repetitions, sigma), simulated(random, repetitions, sigma));
        wrong += comparison.count(Change::regressed) + comparison.count(Change::improved) > 0;
      }
      CAPTURE(sigma);
      CAPTURE(repetitions);
      CHECK(wrong <= kTrials * 5 / 100);
    }
  }
}

TEST_CASE("thirty percent more are always found where the spread is small") {
  std::mt19937_64 random(4);
  for (int trial = 0; trial < 100; ++trial) {
    const RunComparison comparison =
        compare(simulated(random, 8, 0.03), simulated(random, 8, 0.03, 1.3));
    CAPTURE(trial);
    CHECK(comparison.count(Change::regressed) == kReportedPercentiles.size());
    CHECK(comparison.count(Change::none) == 2);
  }
}

}  // namespace
}  // namespace busmark
