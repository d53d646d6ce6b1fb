// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "judge/summary.hpp"
#include "judge/verdict.hpp"
#include "record/run.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::repetition;
using testing::scenario;

/// It ended after 300 ms of its second, for what it missed.
RepetitionResult ended_early(Nanoseconds latency, const std::string& budget) {
  RepetitionResult result = repetition(300, latency);
  result.elapsed = 310ms;
  result.ended_early = true;
  result.missed = MissedBudget{.budget = budget,
                               .after = 300ms,
                               .beyond = 300,
                               .enough = 65,
                               .planned = 1001,
                               .reason = "300 of at most 1001 were beyond"};
  return result;
}

ScenarioVerdict verdict_of_early(const ScenarioResult& result) {
  return judge(result, summarise(result));
}

TEST_CASE("a budget that ended its repetition fails with when and why, the others stay open") {
  const ScenarioResult result = scenario({ended_early(9ms, "p95 < 5ms")},
                                         {"p95 < 5ms", "p50 < 20ms", "lost == 0", "rate >= 1/s"});
  const ScenarioVerdict verdict = verdict_of_early(result);
  CHECK(verdict.verdict == Verdict::fail);
  REQUIRE(verdict.budgets.size() == 4);
  CHECK(verdict.budgets[0].verdict == Verdict::fail);
  CHECK(verdict.budgets[0].reason == "certain after 300ms of 1s: 300 of at most 1001 were beyond");
  CHECK_FALSE(verdict.budgets[0].value.has_value());
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(verdict.budgets[i].verdict == Verdict::inconclusive);
    CHECK(verdict.budgets[i].reason == "not judged: p95 < 5ms ended it after 300ms of 1s");
  }
}

TEST_CASE("a message that is lost already stays so, whatever was not sent any more") {
  RepetitionResult lossy = ended_early(9ms, "p95 < 5ms");
  lossy.counts.lost = 2;
  lossy.counts.received -= 2;
  ScenarioResult result = scenario({lossy}, {"p95 < 5ms", "lost == 0", "delivery >= 99.9%"});
  result.lossless = false;
  const ScenarioVerdict verdict = verdict_of_early(result);
  CHECK(verdict.budgets[1].verdict == Verdict::fail);
  CHECK(*verdict.budgets[1].value == 2);
  CHECK(verdict.budgets[2].verdict == Verdict::inconclusive);
}

TEST_CASE("one repetition that was called off beside good ones is neither a FAIL nor a pass") {
  const ScenarioResult result =
      scenario({repetition(1000, 1ms), ended_early(9ms, "p95 < 5ms"), repetition(1000, 1ms)});
  const ScenarioVerdict verdict = verdict_of_early(result);
  CHECK(verdict.verdict == Verdict::inconclusive);
  CHECK(verdict.budgets[0].reason.find(
            "1 of 3 repetitions missed it (certain after 300ms of 1s:") == 0);
}

TEST_CASE("repetitions that were called off fail by the rule that complete ones fail by") {
  const RepetitionResult early = ended_early(9ms, "p95 < 5ms");
  CHECK(verdict_of_early(scenario({early, early, early})).verdict == Verdict::fail);
  RepetitionResult unknown = early;
  unknown.sections.clear();
  CHECK(verdict_of_early(scenario({unknown})).verdict == Verdict::inconclusive);
}

TEST_CASE("percentiles of a part are withheld, those of complete repetitions are not") {
  const ScenarioResult part = scenario({ended_early(9ms, "p95 < 5ms")});
  const ScenarioSummary alone = summarise(part);
  CHECK(alone.part);
  for (const PercentileEstimate& estimate : alone.response.percentiles) {
    CHECK_FALSE(estimate.supported);
  }
  CHECK(alone.response.count == 300);

  const ScenarioResult mixed = scenario({repetition(1000, 1ms), ended_early(9ms, "p95 < 5ms")});
  const ScenarioSummary summary = summarise(mixed);
  CHECK_FALSE(summary.part);
  CHECK(summary.used == std::vector<std::uint32_t>{0});
  CHECK(summary.response.find({950'000})->supported);
  // The other repetition says what is usual, and does not make good for this one.
  CHECK(verdict_of_early(mixed).verdict == Verdict::inconclusive);
}

TEST_CASE("a disturbed repetition that ended early is no plain failure") {
  RepetitionResult disturbed = ended_early(9ms, "p95 < 5ms");
  disturbed.disturbance = "other work ran";
  const ScenarioVerdict alone = verdict_of_early(scenario({disturbed}));
  CHECK(alone.verdict == Verdict::invalid);
  const ScenarioVerdict beside = verdict_of_early(scenario({disturbed, repetition(1000, 1ms)}));
  CHECK(beside.verdict == Verdict::pass);
  // Nor does it count where another ended early undisturbed.
  const ScenarioResult both = scenario({disturbed, ended_early(9ms, "p95 < 5ms")});
  CHECK(summarise(both).used == std::vector<std::uint32_t>{1});
  CHECK(verdict_of_early(both).verdict == Verdict::fail);
}

TEST_CASE("what the machine alone misses is its fault, also early") {
  RepetitionResult slow = ended_early(1ms, "p95 < 5ms");
  slow.response.reset();
  slow.response.record_n(1'000'000, 235);
  slow.response.record_n(18'000'000, 65);
  testing::cut_evenly(slow);
  slow.missed->planned = 300;
  SpinProbe floor;
  floor.cpu = CpuId{1};
  floor.wall = 1s;
  floor.gaps.assign(60, 16ms);  // 66 % of the messages wait for longer than 5 ms
  SpinProbe other;
  other.cpu = CpuId{0};
  other.wall = 1s;
  slow.floor = {other, floor};
  ScenarioResult result = scenario({slow});
  result.placement.cpus = {CpuId{0}, CpuId{1}};
  const ScenarioVerdict verdict = verdict_of_early(result);
  CHECK(verdict.verdict == Verdict::invalid);
  CHECK(verdict.budgets[0].reason.find("the machine misses") != std::string::npos);
}

TEST_CASE("a percentile that the whole window could not carry is not failed by its part") {
  RepetitionResult few = ended_early(9ms, "p99.9 < 5ms");
  const ScenarioVerdict verdict = verdict_of_early(scenario({few}, {"p99.9 < 5ms"}));
  CHECK(verdict.verdict == Verdict::inconclusive);
}

TEST_CASE("a maximum that ended its repetition shows what it had come to") {
  const ScenarioVerdict verdict =
      verdict_of_early(scenario({ended_early(9ms, "max < 5ms")}, {"max < 5ms"}));
  CHECK(verdict.verdict == Verdict::fail);
  CHECK(*verdict.budgets[0].value == 9e6);
}

TEST_CASE("a rate that was not kept until the early end is a fault as at any end") {
  RepetitionResult slow = ended_early(9ms, "p95 < 5ms");
  slow.pacing.unsent = 30;
  CHECK(verdict_of_early(scenario({slow})).verdict == Verdict::invalid);
}

}  // namespace
}  // namespace busmark
