// SPDX-License-Identifier: Apache-2.0
#include "judge/compare.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "support/stored.hpp"

namespace busmark {
namespace {

using testing::stored_repetition;
using testing::stored_run;
using Runs = std::vector<StoredRun>;
using Values = std::vector<double>;

const MeasureChange& measure(const RunComparison& comparison, const std::string& name) {
  for (const MeasureChange& change : comparison.scenarios.at(0).measures) {
    if (change.measure == name) return change;
  }
  FAIL("no measure " << name);
  return comparison.scenarios[0].measures[0];
}

bool any_says(const std::vector<std::string>& sentences, const std::string& part) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const auto& one) { return one.find(part) != std::string::npos; });
}

/// A run for each latency, in ns, of three repetitions about it.
Runs runs(const Values& latencies, double factor = 1) {
  Runs all;
  for (const double latency : latencies) {
    const double of = latency * factor;
    all.push_back(stored_run({of * 0.99, of, of * 1.01}));
  }
  return all;
}

const Values kQuiet{1000, 1003, 998, 1001, 1002};

Change p95(const Runs& before, const Runs& after, const CompareOptions& options = {}) {
  return measure(compare(before, after, options), "p95").change;
}

TEST_CASE("a difference beyond the threshold is called by its direction") {
  CHECK(p95(runs(kQuiet), runs(kQuiet, 1.3)) == Change::regressed);
  CHECK(p95(runs(kQuiet), runs(kQuiet, 0.7)) == Change::improved);
  CHECK(p95(runs(kQuiet), runs(kQuiet)) == Change::none);
}

TEST_CASE("a certain difference within the threshold is no change") {
  CHECK(p95(runs(kQuiet), runs(kQuiet, 1.05)) == Change::none);
  CHECK(p95(runs(kQuiet), runs(kQuiet, 1.05), {.threshold = 0.02}) == Change::regressed);
}

TEST_CASE("one run against one run concludes nothing, and says how many would") {
  const Runs before{stored_run(Values(8, 1000))};
  const Runs after{stored_run(Values(8, 3000))};
  for (const Runs& other : {after, before}) {
    const RunComparison comparison = compare(before, other);
    const MeasureChange& change = measure(comparison, "p95");
    CHECK(change.change == Change::inconclusive);
    CHECK_FALSE(change.bounded);
    CHECK_FALSE(change.spread);
    CHECK(change.runs_needed == std::optional<std::uint32_t>(3));
    CHECK(change.reason.find("one run against one run") == 0);
    CHECK(comparison.count(Change::inconclusive) == comparison.scenarios[0].measures.size());
  }
  CHECK(measure(compare(before, after), "p95").effect == doctest::Approx(2));
}

TEST_CASE("fewer than six runs in all conclude nothing, six in any split do") {
  CHECK(p95(runs({1000, 1001}), runs({2000, 2002, 2001})) == Change::inconclusive);
  CHECK(p95(runs({1000, 1001, 1002}), runs({2000, 2002, 2001})) == Change::regressed);
  CHECK(p95(runs({1000, 1001}), runs({2000, 2002, 2001, 2003})) == Change::regressed);
  CHECK(p95(runs(kQuiet), runs({2000})) == Change::regressed);
  const RunComparison few = compare(runs({1000, 1001, 1002, 999}), runs({2000}));
  CHECK(measure(few, "p95").change == Change::inconclusive);
  CHECK(measure(few, "p95").runs_needed == std::optional<std::uint32_t>(2));
}

TEST_CASE("one new run is judged by what the runs of the baseline differ by") {
  const Values scattered{1000, 1300, 900, 1500, 1100, 950};
  CHECK(p95(runs(scattered), runs({1600})) == Change::inconclusive);
  CHECK(p95(runs(kQuiet), runs({1600})) == Change::regressed);
  const MeasureChange one = measure(compare(runs(scattered), runs({1600})), "p95");
  REQUIRE(one.spread);
  CHECK(one.spread->between > 0.15);
  CHECK(one.spread->within == doctest::Approx(0.01).epsilon(0.05));
  CHECK(*one.runs_needed > 2);
}

TEST_CASE("that runs differ no more than their repetitions explain is no spread between them") {
  const Runs both = runs(Values(4, 1000));
  const MeasureChange change = measure(compare(both, both), "p95");
  REQUIRE(change.spread);
  CHECK(change.spread->between == 0);
  CHECK(change.spread->within > 0.005);
}

TEST_CASE("an interval that reaches over the threshold is inconclusive") {
  const RunComparison comparison = compare(runs(kQuiet), runs({1000, 1400, 900, 1500, 1050}));
  const MeasureChange& change = measure(comparison, "p95");
  CHECK(change.change == Change::inconclusive);
  CHECK(change.low < 0.1);
  CHECK(change.high > 0.1);
  REQUIRE(change.runs_needed);
  CHECK(*change.runs_needed > 5);
}

TEST_CASE("only the measures asked for are compared, which takes fewer runs") {
  const Runs before = runs({1000, 1100, 1200});
  const Runs after = runs({1450, 1595, 1740});
  CHECK(p95(before, after) == Change::inconclusive);
  CHECK(p95(before, after, {.measures = {"p95"}}) == Change::regressed);
  CHECK(compare(before, after, {.measures = {"p95", "rate"}}).scenarios[0].measures.size() == 2);
  CHECK(measure_names().size() == 9);
}

TEST_CASE("a higher rate is better and more CPU time is worse") {
  const Runs before = runs(kQuiet);
  Runs after = before;
  for (StoredRun& run : after) {
    for (StoredRepetition& repetition : run.scenarios[0].repetitions) {
      repetition.rate.achieved = 2000;
      repetition.resources.consumers.system = std::chrono::milliseconds(1);
    }
  }
  const RunComparison comparison = compare(before, after);
  CHECK(measure(comparison, "rate").change == Change::improved);
  CHECK(measure(comparison, "cpu").change == Change::regressed);
  CHECK(measure(comparison, "cpu").effect == doctest::Approx(1));
  CHECK(measure(compare(after, before), "rate").change == Change::regressed);
}

/// Of every run the first `count` repetitions, as failed in either way.
void fail(Runs& all, std::size_t count, bool called_off) {
  for (StoredRun& run : all) {
    for (std::size_t i = 0; i < count; ++i) {
      StoredRepetition& one = run.scenarios[0].repetitions[i];
      if (called_off) {
        one.ended_early = true;
        one.called_off = MissedBudget{.budget = "p95 < 1us", .reason = "of"};
      } else {
        one.drain_timed_out = true;
      }
    }
  }
}

TEST_CASE("a repetition that failed is the worst of its run, and is named") {
  for (const bool called_off : {false, true}) {
    CAPTURE(called_off);
    Runs after = runs(kQuiet);
    fail(after, 2, called_off);
    const RunComparison comparison = compare(runs(kQuiet), after);
    CHECK(measure(comparison, "p50").change == Change::regressed);
    CHECK(measure(comparison, "p95").change == Change::regressed);
    CHECK(measure(comparison, "rate").change == Change::regressed);
    CHECK(any_says(comparison.scenarios[0].notes,
                   "repetitions 1, 2 of new run 1 are taken for worse than all others"));
    CHECK(p95(after, runs(kQuiet)) == Change::improved);
    Runs once = runs(kQuiet);
    fail(once, 1, called_off);  // of three: the median is another repetition's
    CHECK(p95(runs(kQuiet), once) == Change::none);
  }
}

TEST_CASE("a percentile that never arrived is the worst, and the others stay as they are") {
  Runs after = runs(kQuiet);
  for (StoredRun& run : after) {
    for (StoredRepetition& repetition : run.scenarios[0].repetitions) {
      repetition.response.percentiles[3].value.reset();  // p95
      repetition.response.percentiles[3].never = true;
    }
  }
  CHECK(p95(runs(kQuiet), after) == Change::regressed);
  CHECK(p95(after, runs(kQuiet)) == Change::improved);
  CHECK(measure(compare(runs(kQuiet), after), "p50").change == Change::none);
}

TEST_CASE("where every repetition of both sides failed there is nothing to measure") {
  Runs failed = runs(kQuiet);
  fail(failed, 3, true);
  CHECK(compare(failed, failed).scenarios[0].measures.empty());
}

TEST_CASE("across unlike machines a difference is named and not confirmed unless forced") {
  const Runs before = runs(kQuiet);
  Runs after = runs(kQuiet, 2);
  for (StoredRun& run : after) {
    run.environment.machine.cpu_model = "Another CPU";
    run.environment.machine.build.allocator = "glibc 2.36";
  }
  const RunComparison comparison = compare(before, after);
  CHECK(comparison.unlike_machines);
  CHECK(any_says(comparison.differences, "CPU: Example CPU before, Another CPU now"));
  CHECK(any_says(comparison.differences, "allocator: unknown before, glibc 2.36 now"));
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK(measure(comparison, "p95").reason.find("--force") != std::string::npos);
  CHECK(p95(before, after, {.force = true}) == Change::regressed);
}

TEST_CASE("a set of runs of two machines or of two loads confirms nothing") {
  Runs before = runs(kQuiet);
  SUBCASE("machines") {
    before[3].environment.machine.host = "bench-2";
    const RunComparison comparison = compare(before, runs(kQuiet, 2));
    CHECK(any_says(comparison.differences, "among the old runs, host: bench-1 before, bench-2"));
  }
  SUBCASE("loads") { before[3].scenarios[0].parameters[1].value = std::string("2k/s"); }
  CHECK(p95(before, runs(kQuiet, 2)) == Change::inconclusive);
}

TEST_CASE("another allocator or other flags are named and may be what is compared") {
  Runs after = runs(kQuiet, 2);
  for (StoredRun& run : after) run.environment.machine.build.flags = "debug";
  const RunComparison comparison = compare(runs(kQuiet), after);
  CHECK_FALSE(comparison.unlike_machines);
  CHECK(any_says(comparison.differences, "flags"));
  CHECK(measure(comparison, "p95").change == Change::regressed);
}

TEST_CASE("neither another load nor another witness class is a regression") {
  for (const int what : {0, 1, 2}) {
    CAPTURE(what);
    Runs after = runs(kQuiet, 2);
    for (StoredRun& run : after) {
      StoredScenario& scenario = run.scenarios[0];
      if (what == 0) scenario.parameters[1].value = std::string("2k/s");
      if (what == 1) scenario.parameters.push_back({"pattern", std::string("fan-out")});
      if (what == 2) scenario.repetitions[1].after.distance = Distance::far;
    }
    const RunComparison comparison = compare(runs(kQuiet), after);
    CHECK(measure(comparison, "p95").change == Change::inconclusive);
    CHECK_FALSE(comparison.scenarios[0].notes.empty());
  }
}

TEST_CASE("disturbed repetitions are not used, and are named with what disturbed them") {
  Runs after{stored_run(Values{1000, 1003, 998, 1001, 1002, 999, 1004, 997})};
  for (std::size_t i = 0; i < 3; ++i) {
    StoredRepetition& repetition = after[0].scenarios[0].repetitions[i * 2];
    repetition = stored_repetition(9000);
    repetition.disturbed = true;
    repetition.disturbance =
        "a measured thread had its core for only 6" + std::to_string(i) + ".5 % of the time";
  }
  const RunComparison comparison = compare(runs(kQuiet), after);
  const ScenarioChange& scenario = comparison.scenarios[0];
  CHECK(scenario.old_runs == 5);
  CHECK(scenario.new_runs == 1);
  CHECK(scenario.new_repetitions == 5);
  CHECK(any_says(scenario.notes,
                 "repetitions 1, 3, 5 of new are left out, the first since: a measured thread"));
  CHECK(measure(comparison, "p95").change == Change::none);
}

TEST_CASE("a machine that disturbed half of the repetitions confirms no regression") {
  Runs after = runs(kQuiet, 2);
  for (StoredRun& run : after) {
    auto& repetitions = run.scenarios[0].repetitions;
    const std::size_t whole = repetitions.size();
    for (std::size_t i = 0; i < whole; ++i) {
      repetitions.push_back(stored_repetition(9000));
      repetitions.back().disturbed = true;
      repetitions.back().disturbance = "the cores moved";
    }
  }
  const RunComparison comparison = compare(runs(kQuiet), after);
  CHECK(measure(comparison, "p95").change == Change::inconclusive);
  CHECK(measure(comparison, "p95").reason.find("disturbed") != std::string::npos);
}

TEST_CASE("other work beside a run is named") {
  Runs after = runs(kQuiet);
  after[2].environment.machine.load_average = 3.5;
  CHECK(any_says(compare(runs(kQuiet), after).differences,
                 "load of the new run 3's machine: 3.50 on 4 cpus"));
}

TEST_CASE("an invalid scenario is not compared, and says why") {
  Runs after = runs({1000}, 2);
  after[0].scenarios[0].verdict = Verdict::invalid;
  after[0].scenarios[0].reasons = {"3 messages were lost"};
  const RunComparison comparison = compare(runs(kQuiet), after);
  CHECK(comparison.any_invalid());
  CHECK(comparison.scenarios[0].measures.empty());
  CHECK(comparison.scenarios[0].not_compared == "the new one is INVALID: 3 messages were lost");
}

TEST_CASE("one invalid run of a set is left out by name, half of them leave no side") {
  Runs after = runs(kQuiet);
  const auto spoil = [&](std::size_t run) {
    after[run].scenarios[0].verdict = Verdict::invalid;
    after[run].scenarios[0].reasons = {"3 messages were lost"};
  };
  spoil(1);
  const RunComparison one = compare(runs(kQuiet), after);
  CHECK_FALSE(one.any_invalid());
  CHECK(one.scenarios[0].new_runs == 4);
  CHECK(any_says(one.scenarios[0].notes, "the new run 2 is left out: it is INVALID: 3 messages"));
  CHECK(measure(one, "p95").change == Change::none);
  spoil(0);
  spoil(4);
  const RunComparison most = compare(runs(kQuiet), after);
  CHECK(most.any_invalid());
  CHECK(any_says({most.scenarios[0].not_compared}, "3 of 5 new runs are of no use; the first is"));
}

TEST_CASE("scenarios that only one side has are named, and none in common is refused") {
  const Runs before = runs(kQuiet);
  Runs after = before;
  after[1].scenarios.push_back(after[1].scenarios[0]);
  after[1].scenarios[1].name = "two";
  const RunComparison comparison = compare(before, after);
  REQUIRE(comparison.scenarios.size() == 2);
  CHECK(comparison.scenarios[1].not_compared == "it is only in the new runs");
  for (StoredRun& run : after) run.scenarios.erase(run.scenarios.begin());
  CHECK_THROWS_AS((void)compare(before, after), SetupError);
  CHECK_THROWS_AS((void)compare(before, Runs{}), SetupError);
}

/// Runs whose levels differ by `between`, their repetitions by 2 %, in all percentiles.
Runs simulated(std::mt19937_64& random, std::size_t count, double between, double factor = 1) {
  std::normal_distribution<double> normal;
  Runs all;
  for (std::size_t i = 0; i < count; ++i) {
    const double level = 1e6 * factor * std::exp(between * normal(random));
    Values latencies;
    for (int k = 0; k < 5; ++k) latencies.push_back(level * std::exp(0.02 * normal(random)));
    all.push_back(stored_run(latencies));
  }
  return all;
}

TEST_CASE("of runs of equals at most five percent call any difference, however far they scatter") {
  std::mt19937_64 random(3);
  constexpr int kTrials = 300;
  for (const double between : {0.0, 0.05, 0.10}) {
    for (const std::size_t count : {3U, 5U}) {
      int wrong = 0;
      for (int trial = 0; trial < kTrials; ++trial) {
        const RunComparison comparison =
            compare(simulated(random, count, between), simulated(random, count, between),
                    {.threshold = 0.02});
        wrong += comparison.count(Change::regressed) + comparison.count(Change::improved) > 0;
      }
      CAPTURE(between);
      CAPTURE(count);
      CHECK(wrong <= kTrials * 5 / 100);
    }
  }
}

TEST_CASE("twenty percent more are found by five runs a side that scatter by five percent") {
  std::mt19937_64 random(4);
  int found = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const RunComparison comparison =
        compare(simulated(random, 5, 0.05), simulated(random, 5, 0.05, 1.2));
    found += measure(comparison, "p95").change == Change::regressed;
  }
  CHECK(found >= 80);
}

}  // namespace
}  // namespace busmark
