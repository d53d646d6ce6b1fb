// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "aspect/stages/summary.hpp"
#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run.hpp"
#include "record/run_result.hpp"
#include "support/staged_results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::spike_repetition;
using testing::spike_scenario;

TEST_CASE("each stage has a row over the repetitions used, with the rates it was to have and had") {
  ScenarioResult result =
      spike_scenario({spike_repetition(2us, 40us, 3us), spike_repetition(4us, 60us, 5us)});
  result.repetitions[0].stages[1].sent = 4800;
  const ScenarioSummary summary = summarise(result);
  REQUIRE(summary.stages.size() == 3);
  const StageSummary& spike = summary.stages[1];
  CHECK(spike.name == "10x for 500ms");
  CHECK(spike.start == 1s);
  CHECK(spike.length == 500ms);
  CHECK(spike.intended_rate == doctest::Approx(10'000));
  CHECK(spike.achieved_rate == doctest::Approx(9'800));  // the median of 9600/s and 10000/s
  CHECK(spike.published == 10'000);
  CHECK(spike.received == 10'000);
  CHECK(spike.p50 <= 41us);
  CHECK(spike.p95 == 60us);
  CHECK(spike.max == 60us);
  CHECK(summary.intended_rate == doctest::Approx(2800));
  CHECK(keeps_rate(summary));
}

TEST_CASE("recovery is the worst of the repetitions, and none where one never came back") {
  ScenarioResult result =
      spike_scenario({spike_repetition(2us, 40us, 3us), spike_repetition(4us, 60us, 5us)});
  result.repetitions[0].stages[1].recovery = 90ms;
  StageSummary spike = summarise(result).stages[1];
  CHECK(spike.raised);
  CHECK_FALSE(summarise(result).stages[0].raised);
  CHECK_FALSE(summarise(result).stages[2].raised);
  CHECK(spike.p95_before == 4us);
  CHECK(spike.recovery == 150ms);
  result.repetitions[0].stages[1].recovery.reset();
  CHECK(summarise(result).stages[1].recovery == std::nullopt);
  // Where the stage before had too few samples there is nothing to come back to.
  result.repetitions[0].stages[1].p95_before.reset();
  CHECK(summarise(result).stages[1].recovery == 150ms);
}

TEST_CASE("a percentile that a stage's samples cannot carry is withheld") {
  ScenarioResult result = spike_scenario({spike_repetition(2us, 40us, 3us)});
  result.repetitions[0].stages[0] = testing::stage(100, 2us);
  const StageSummary stage = summarise(result).stages[0];
  CHECK(stage.p95 == 2us);
  CHECK(stage.p99 == std::nullopt);
  CHECK(stage.max == 2us);
}

TEST_CASE("a stage that misses its rate makes the scenario invalid and is named") {
  const auto reason = [](auto change) {
    ScenarioResult result = spike_scenario({spike_repetition(2us, 40us, 3us)});
    change(result.repetitions[0].stages, result.repetitions[0].counts);
    const ScenarioSummary summary = summarise(result);
    const ScenarioVerdict verdict = judge(result, summary);
    CHECK(verdict.verdict == (verdict.reasons.empty() ? Verdict::pass : Verdict::invalid));
    CHECK(keeps_rate(summary) == verdict.reasons.empty());
    return verdict.reasons.empty() ? std::string() : verdict.reasons.front();
  };
  CHECK(reason([](auto& stages, auto&) { stages[1].overdue = 50; }).empty());
  CHECK(reason([](auto& stages, auto&) { stages[1].overdue = 51; }) ==
        "stage 2 of 3 (\"10x for 500ms\") missed its 10k/s: of 5000 messages 0 stayed unsent, 51 "
        "were sent after it, 0 were refused and 0 dropped");
  CHECK(reason([](auto& stages, auto& counts) {
          stages[1].refused = 400;
          counts.refused = 400;
          counts.received -= 400;
        }) ==
        "stage 2 of 3 (\"10x for 500ms\") missed its 10k/s: of 5000 messages 0 stayed unsent, 0 "
        "were sent after it, 400 were refused and 0 dropped");
  CHECK(reason([](auto& stages, auto& counts) {
          stages[1].received -= 300;
          stages[2].received -= 20;
          counts.dropped = 320;
          counts.received -= 320;
        }) ==
        "stage 2 of 3 (\"10x for 500ms\") missed its 10k/s: of 5000 messages 0 stayed unsent, 0 "
        "were sent after it, 0 were refused and 300 dropped; 1 other stage too");
  CHECK(
      reason([](auto& stages, auto&) {
        stages[2].unsent = 20;
      }).find("stage 3 of 3 (\"1x for 1s\") missed its 1k/s: of 1020 messages 20 stayed unsent") ==
      0);
}

TEST_CASE("a stored run keeps the stages and the series") {
  RunResult run;
  run.scenarios = {spike_scenario({spike_repetition(2us, 40us, 3us)}), testing::scenario({})};
  const StoredRun stored = store(judge(run));
  REQUIRE(stored.scenarios[0].stages);
  CHECK(stored.scenarios[0].stages->size() == 3);
  CHECK(stored.scenarios[0].parameter("stages") == "1x for 1s; 10x for 500ms; 1x for 1s");
  CHECK(stored.scenarios[0].repetitions[0].load_series->size() == 5);
  CHECK_FALSE(stored.scenarios[1].stages);
}

}  // namespace
}  // namespace busmark
