// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "aspect/floor/summary.hpp"
#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

SpinProbe probe(int cpu, Nanoseconds wall, std::vector<Nanoseconds> gaps) {
  SpinProbe probe;
  probe.cpu = CpuId{cpu};
  probe.wall = wall;
  probe.gaps = std::move(gaps);
  return probe;
}

/// One producer on cpu 0, one consumer on cpu 1, and one repetition whose p95 is `p95`.
ScenarioResult with_floor(Nanoseconds p95, std::vector<SpinProbe> floor,
                          std::vector<std::string> budgets = {}) {
  RepetitionResult repetition = testing::repetition(100'000, p95);
  repetition.floor = std::move(floor);
  repetition.before.one_way_ns = 50;
  repetition.after.one_way_ns = 50;
  ScenarioResult result = testing::scenario({repetition}, budgets);
  result.placement.cpus = {CpuId{0}, CpuId{1}};
  return result;
}

std::optional<FloorSummary> floor_of(const ScenarioResult& result) {
  return summarise(result).floor;
}

TEST_CASE("cores that are never away add nothing to the way of a cache line") {
  const auto floor = floor_of(with_floor(1ms, {probe(0, 1s, {}), probe(1, 1s, {})}));
  REQUIRE(floor.has_value());
  CHECK(floor->watched == 1s);
  for (const FloorPercentile& one : floor->percentiles) CHECK(one.value == 50ns);
  CHECK(floor->max == 50ns);
  CHECK(floor->mean == 50ns);
}

TEST_CASE("a core away for a tenth of the time delays a tenth of the messages, evenly") {
  // 100 gaps of 1 ms in 1 s: P(wait > x) = 0.1 (1 - x / 1 ms), so p95 waits 0.5 ms, p99 0.9 ms.
  const std::vector<Nanoseconds> gaps(100, 1ms);
  const auto floor = floor_of(with_floor(1ms, {probe(0, 1s, {}), probe(1, 1s, gaps)}));
  REQUIRE(floor.has_value());
  CHECK(floor->find({500'000})->value == 50ns);
  CHECK(floor->find({900'000})->value.count() == doctest::Approx(50).epsilon(0.05));
  CHECK(floor->find({950'000})->value.count() == doctest::Approx(500'050).epsilon(1e-5));
  CHECK(floor->find({990'000})->value.count() == doctest::Approx(900'050).epsilon(1e-5));
  CHECK(floor->max == 1ms + 50ns);
  CHECK(floor->mean.count() == doctest::Approx(50'050).epsilon(1e-5));
}

TEST_CASE("producer and consumer both delay, and the probes of one core are taken together") {
  const std::vector<Nanoseconds> gaps(100, 1ms);
  const auto floor = floor_of(with_floor(1ms, {probe(0, 500ms, {}), probe(1, 500ms, {}),
                                               probe(0, 500ms, gaps), probe(1, 500ms, gaps)}));
  REQUIRE(floor.has_value());
  // 0.2 (1 - x / 1 ms) = 0.05
  CHECK(floor->find({950'000})->value.count() == doctest::Approx(750'050).epsilon(1e-5));
  CHECK(floor->watched == 1s);
}

TEST_CASE("without a probe of both roles there is no floor") {
  CHECK_FALSE(floor_of(with_floor(1ms, {})).has_value());
  CHECK_FALSE(floor_of(with_floor(1ms, {probe(0, 1s, {})})).has_value());
  SpinProbe refused = probe(1, 0s, {});
  refused.problem = "the core could not be had";
  CHECK_FALSE(floor_of(with_floor(1ms, {probe(0, 1s, {}), refused})).has_value());
}

TEST_CASE("a percentile is the machine's where its interval reaches down to the floor") {
  const std::vector<Nanoseconds> gaps(100, 1ms);
  const auto same = floor_of(with_floor(400us, {probe(0, 1s, {}), probe(1, 1s, gaps)}));
  CHECK(same->find({950'000})->machine);
  CHECK_FALSE(same->find({500'000})->machine);
  const auto slower = floor_of(with_floor(5ms, {probe(0, 1s, {}), probe(1, 1s, gaps)}));
  CHECK_FALSE(slower->find({950'000})->machine);
}

/// 94 of 100 messages are fast, and the others take `tail`.
ScenarioResult with_tail(Nanoseconds tail, std::vector<SpinProbe> floor,
                         std::vector<std::string> budgets) {
  ScenarioResult result = with_floor(100us, std::move(floor), std::move(budgets));
  RepetitionResult& one = result.repetitions.front();
  one.response.reset();
  one.response.record_n(100'000, 94'000);
  one.response.record_n(static_cast<std::uint64_t>(tail.count()), 6'000);
  testing::cut_evenly(one);
  return result;
}

Verdict verdict_beside(const ScenarioResult& result) {
  return judge(result, summarise(result)).verdict;
}

TEST_CASE("a budget that the floor alone misses is invalid, not failed") {
  // 40 gaps of 5 ms in 1 s: 16 % of the messages wait for longer than 1 ms, where 5 % may.
  const std::vector<Nanoseconds> gaps(40, 5ms);
  const auto result = with_tail(5ms, {probe(0, 1s, {}), probe(1, 1s, gaps)}, {"p95 < 1ms"});
  const ScenarioVerdict verdict = judge(result, summarise(result));
  CHECK(verdict.verdict == Verdict::invalid);
  CHECK(verdict.budgets.front().reason.find("these cores alone delay 16 % of the messages") == 0);
}

TEST_CASE("a bus that misses the budget by itself fails, whatever the floor") {
  const std::vector<Nanoseconds> gaps(40, 5ms);
  // All messages are late, of which the machine accounts for 20 in 100.
  const auto slow = with_floor(50ms, {probe(0, 1s, {}), probe(1, 1s, gaps)}, {"p95 < 1ms"});
  CHECK(verdict_beside(slow) == Verdict::fail);
  const auto quiet = with_tail(5ms, {probe(0, 1s, {}), probe(1, 1s, {})}, {"p95 < 1ms"});
  CHECK(verdict_beside(quiet) == Verdict::fail);
}

TEST_CASE("one chance gap of the machine excuses no missed budget") {
  std::vector<RepetitionResult> repetitions;
  for (int i = 0; i < 3; ++i) {
    RepetitionResult one = testing::repetition(100'000, 100us);
    one.response.record_n(3'000'000, 500);
    testing::cut_evenly(one);
    for (const int side : {0, 1}) {
      for (const int cpu : {0, 1}) {
        const bool the_gap = i == 1 && side == 0 && cpu == 0;
        one.floor.push_back(probe(cpu, 100ms, std::vector<Nanoseconds>(the_gap ? 1 : 0, 3ms)));
      }
    }
    repetitions.push_back(std::move(one));
  }
  ScenarioResult result =
      testing::scenario(repetitions, {"p99.9 < 1ms", "mean < 100us", "max < 1ms"});
  result.placement.cpus = {CpuId{0}, CpuId{1}};
  const ScenarioSummary summary = summarise(result);
  // Its own percentile lies beyond the limit, but for all that is known it is next to nothing.
  CHECK(summary.floor->find({999'000})->value > 1ms);
  CHECK(summary.floor->find({999'000})->low < 1ms);
  const ScenarioVerdict verdict = judge(result, summary);
  for (const BudgetVerdict& budget : verdict.budgets) {
    CAPTURE(budget.text());
    CHECK(budget.verdict == Verdict::fail);
  }
}

TEST_CASE("a machine that is away all the time excuses a maximum and a mean that it makes") {
  const std::vector<Nanoseconds> gaps(40, 5ms);
  const auto result =
      with_tail(5ms, {probe(0, 1s, {}), probe(1, 1s, gaps)}, {"max < 1ms", "mean < 200us"});
  const ScenarioVerdict verdict = judge(result, summarise(result));
  for (const BudgetVerdict& budget : verdict.budgets) {
    CAPTURE(budget.text());
    CHECK(budget.verdict == Verdict::invalid);
  }
}

TEST_CASE("gaps of one probe among many tell less than the same gaps all over") {
  const auto low = [](bool in_a_burst) {
    std::vector<SpinProbe> probes;
    for (int i = 0; i < 10; ++i) {
      const std::size_t gaps = in_a_burst ? (i == 0 ? 50 : 0) : 5;
      probes.push_back(probe(0, 100ms, {}));
      probes.push_back(probe(1, 100ms, std::vector<Nanoseconds>(gaps, 1ms)));
    }
    const auto floor = floor_of(with_floor(1ms, std::move(probes)));
    CHECK(floor->find({990'000})->value.count() == doctest::Approx(800'050).epsilon(1e-4));
    return *floor->find({990'000})->low;
  };
  CHECK(low(true) == 50ns);
  CHECK(low(false) > 600us);
}

TEST_CASE("a floor beyond the limit does not turn a met budget") {
  const std::vector<Nanoseconds> gaps(10, 10ms);
  const auto met = with_floor(100us, {probe(0, 1s, {}), probe(1, 1s, gaps)}, {"p95 < 1ms"});
  CHECK(judge(met, summarise(met)).verdict == Verdict::pass);
}

FloorDuring during(int cpu, FloorGaps in, FloorGaps around) {
  FloorDuring one{.cpu = CpuId{cpu}, .during = in, .around = around, .longest = in.lost};
  Histogram lengths;
  lengths.record(static_cast<std::uint64_t>(in.lost.count()));
  one.lengths = DecodedHistogram(lengths);
  return one;
}

constexpr FloorGaps kQuiet{.watched = 1s, .lost = 1ms, .switched = 0ns, .own = 0ns, .gaps = 1};

ScenarioResult beside(std::vector<FloorDuring> floors) {
  std::vector<RepetitionResult> repetitions;
  for (FloorDuring& floor : floors) {
    repetitions.push_back(testing::repetition(1000, 1us));
    repetitions.back().floor_during = std::move(floor);
  }
  return testing::scenario(repetitions);
}

TEST_CASE("what a free core did is added up over the repetitions, busmark's own work apart") {
  const FloorGaps busy{.watched = 1s, .lost = 99ms, .switched = 60ms, .own = 20ms, .gaps = 4};
  const auto floor = summarise(beside({during(3, busy, kQuiet), during(3, kQuiet, kQuiet)}));
  REQUIRE(floor.floor_during);
  const FloorDuringSummary& sum = *floor.floor_during;
  CHECK(sum.cpu == 3);
  CHECK(sum.watched == 2s);
  CHECK(sum.gaps == 5);
  CHECK(sum.longest == 99ms);
  CHECK(sum.p99 == 99ms);
  CHECK(sum.lost_share == doctest::Approx(0.05));
  CHECK(sum.switched_share == doctest::Approx(0.03));
  CHECK(sum.own_share == doctest::Approx(0.01));
  CHECK(sum.foreign_share == doctest::Approx(0.04));
  CHECK(sum.around_share == doctest::Approx(0.001));
}

TEST_CASE("without a free core there is nothing, nor where it was another one each time") {
  CHECK_FALSE(summarise(beside({during(3, kQuiet, {}), during(2, kQuiet, {})})).floor_during);
  CHECK_FALSE(summarise(beside({during(3, {}, {})})).floor_during);
  CHECK_FALSE(summarise(testing::scenario({testing::repetition(10, 1us)})).floor_during);
}

TEST_CASE("far more noise during the run than around it is a hint, and a little more is none") {
  const auto hints = [](Nanoseconds lost, Nanoseconds own, Nanoseconds before) {
    RunResult run;
    const FloorGaps in{.watched = 1s, .lost = lost, .switched = lost, .own = own, .gaps = 1};
    const FloorGaps around{.watched = 1s, .lost = before, .switched = 0ns, .own = 0ns, .gaps = 1};
    run.scenarios = {beside({during(3, in, around)})};
    std::string text;
    for (const std::string& hint : store(judge(run)).hints) text += hint + "\n";
    return text;
  };
  const std::string noisier = "noisier during the run than around it: cpu 3";
  CHECK(hints(100ms, 0ms, 1ms).find(noisier) != std::string::npos);
  CHECK(hints(100ms, 0ms, 30ms).find(noisier) == std::string::npos);
  CHECK(hints(3ms, 0ms, 0ms).find(noisier) == std::string::npos);
  CHECK(hints(100ms, 99ms, 1ms).find(noisier) == std::string::npos);
}

}  // namespace
}  // namespace busmark
