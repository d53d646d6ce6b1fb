// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "judge/compare.hpp"
#include "stat/statistics.hpp"
#include "support/stored.hpp"

namespace busmark {
namespace {
namespace by_repetitions {  // beside compare_test.cpp in one bundle

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
  return measure(compare_repetitions(stored_run(before), stored_run(after), options), "p95").change;
}

const Values kQuiet{1000, 1003, 998, 1001, 1002, 999, 1004, 997};

Values scaled(const Values& values, double factor) {
  Values result;
  for (const double value : values) result.push_back(value * factor);
  return result;
}

TEST_CASE("a difference of repetitions beyond the threshold is called by its direction") {
  CHECK(p95(kQuiet, scaled(kQuiet, 1.3)) == Change::regressed);
  CHECK(p95(kQuiet, scaled(kQuiet, 0.7)) == Change::improved);
  CHECK(p95(kQuiet, kQuiet) == Change::none);
}

TEST_CASE("a certain difference of repetitions within the threshold is no change") {
  CHECK(p95(kQuiet, scaled(kQuiet, 1.05)) == Change::none);
  CHECK(p95(kQuiet, scaled(kQuiet, 1.05), {.threshold = 0.02}) == Change::regressed);
}

TEST_CASE(
    "only the measures asked for are compared by repetitions, which takes fewer repetitions") {
  const CompareOptions options{.measures = {"p95", "rate"}};
  const StoredRun before = stored_run(Values{1000, 1001, 1002, 1003, 1004});
  const StoredRun after = stored_run(Values{2000, 2001, 2002, 2003, 2004});
  const RunComparison comparison = compare_repetitions(before, after, options);
  REQUIRE(comparison.scenarios[0].measures.size() == 2);
  CHECK(measure(comparison, "p95").change == Change::regressed);
  CHECK(measure_names().size() == 9);
}

TEST_CASE("an interval of repetitions that reaches over the threshold is inconclusive") {
  const Values wide{1000, 1400, 900, 1500, 1050, 1300, 950, 1200};
  const RunComparison comparison = compare_repetitions(stored_run(kQuiet), stored_run(wide));
  const MeasureChange& change = measure(comparison, "p95");
  CHECK(change.change == Change::inconclusive);
  CHECK(change.low < 0.1);
  CHECK(change.high > 0.1);
  REQUIRE(change.repetitions_needed);
  CHECK(*change.repetitions_needed > 8);
}

TEST_CASE("with fewer than five repetitions nothing is concluded") {
  const RunComparison comparison =
      compare_repetitions(stored_run(Values(4, 1000)), stored_run(kQuiet));
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK(measure(comparison, "p95").repetitions_needed == std::optional<std::uint32_t>(5));
  CHECK(p95(Values(5, 1000), kQuiet) == Change::none);
}

TEST_CASE("three repetitions never confirm a difference, and the number that would is named") {
  const RunComparison comparison = compare_repetitions(stored_run(Values{1000, 1001, 1002}),
                                                       stored_run(Values{2000, 2001, 2002}));
  const MeasureChange& change = measure(comparison, "p50");
  CHECK(change.change == Change::inconclusive);
  // Nine measures: 2 / C(12, 6) * 9 < 0.05, and 2 / C(10, 5) * 9 is not.
  CHECK(change.repetitions_needed == std::optional<std::uint32_t>(6));
  CHECK(p95({1000, 1001, 1002, 1003, 1004}, {2000, 2001, 2002, 2003, 2004}) ==
        Change::inconclusive);
  CHECK(p95({1000, 1001, 1002, 1003, 1004, 1005}, {2000, 2001, 2002, 2003, 2004, 2005}) ==
        Change::regressed);
}

TEST_CASE("by repetitions, too, a higher rate is better and more CPU time is worse") {
  StoredRun before = stored_run(kQuiet);
  StoredRun after = before;
  for (StoredRepetition& repetition : after.scenarios[0].repetitions) {
    repetition.rate.achieved = 2000;
    repetition.resources.consumers.system = std::chrono::milliseconds(1);
  }
  const RunComparison comparison = compare_repetitions(before, after);
  CHECK(measure(comparison, "rate").change == Change::improved);
  CHECK(measure(comparison, "cpu").change == Change::regressed);
  CHECK(measure(comparison, "cpu").effect == doctest::Approx(1));
  CHECK(measure(compare_repetitions(after, before), "rate").change == Change::regressed);
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

TEST_CASE("of comparisons of equal repetitions at most five percent call any difference") {
  std::mt19937_64 random(3);
  for (const double sigma : {0.02, 0.3, 1.0}) {
    for (const std::size_t repetitions : {3U, 7U, 12U}) {
      int wrong = 0;
      constexpr int kTrials = 100;
      for (int trial = 0; trial < kTrials; ++trial) {
        const RunComparison comparison = compare_repetitions(simulated(random, repetitions, sigma),
                                                             simulated(random, repetitions, sigma));
        wrong += comparison.count(Change::regressed) + comparison.count(Change::improved) > 0;
      }
      CAPTURE(sigma);
      CAPTURE(repetitions);
      CHECK(wrong <= kTrials * 5 / 100);
    }
  }
}

TEST_CASE("thirty percent more in repetitions are always found where the spread is small") {
  std::mt19937_64 random(4);
  for (int trial = 0; trial < 100; ++trial) {
    const RunComparison comparison =
        compare_repetitions(simulated(random, 8, 0.03), simulated(random, 8, 0.03, 1.3));
    CAPTURE(trial);
    CHECK(comparison.count(Change::regressed) == kReportedPercentiles.size());
    CHECK(comparison.count(Change::none) == 2);
  }
}

}  // namespace by_repetitions
}  // namespace
}  // namespace busmark
