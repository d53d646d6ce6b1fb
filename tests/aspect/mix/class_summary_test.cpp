// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <doctest/doctest.h>

#include "judge/store.hpp"
#include "record/run.hpp"
#include "record/run_result.hpp"
#include "support/mixed_results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::mixed_repetition;
using testing::mixed_scenario;

TEST_CASE("a class has its share, its counts, its rate and its percentiles") {
  const ScenarioSummary summary =
      summarise(mixed_scenario({mixed_repetition(2us, 25us), mixed_repetition(3us, 27us)}));
  REQUIRE(summary.classes.size() == 2);
  const ClassSummary& deep = summary.classes[1];
  CHECK(deep.name == "deep");
  CHECK(deep.asked == doctest::Approx(0.25));
  CHECK(deep.share == doctest::Approx(0.2));
  CHECK(deep.payload == ByteCount{4096});
  CHECK(deep.work == 20us);
  CHECK(deep.intended_rate == doctest::Approx(250));
  CHECK(deep.achieved_rate == doctest::Approx(200));
  CHECK(deep.counts.published == 400);
  CHECK(deep.response.count == 400);
  CHECK(deep.response.max == 27us);
  CHECK(summary.classes[0].response.max == 3us);
  CHECK(summary.classes[0].response.count + deep.response.count == summary.response.count);
  CHECK(deep.response.find({950'000})->supported);
  CHECK_FALSE(deep.response.find({999'000})->supported);  // of 400 samples none can
}

TEST_CASE("a class is judged by its own budgets on its own messages") {
  const RepetitionResult one = mixed_repetition(2us, 40us);
  const ScenarioResult result = mixed_scenario({one, one, one});
  const ScenarioVerdict verdict = judge(result, summarise(result));
  REQUIRE(verdict.budgets.size() == 4);
  CHECK(verdict.budgets[0].text() == "p95 < 5s");
  CHECK(verdict.budgets[1].text() == "price: p95 < 5us");
  CHECK(verdict.budgets[1].verdict == Verdict::pass);
  CHECK(verdict.budgets[2].text() == "deep: p95 < 30us");
  CHECK(verdict.budgets[2].verdict == Verdict::fail);
  CHECK(verdict.verdict == Verdict::fail);
  CHECK(verdict_of_class(verdict, "price") == Verdict::pass);
  CHECK(verdict_of_class(verdict, "deep") == Verdict::fail);
  CHECK(verdict_of_class(verdict, "dsl") == std::nullopt);
}

TEST_CASE("a percentile that a class has too few messages for is not judged") {
  ScenarioResult result = mixed_scenario({mixed_repetition(2us, 25us)});
  result.scenario.mix[1].budget = {parse_budget("p99.9 < 1s")};
  const ScenarioVerdict verdict = judge(result, summarise(result));
  CHECK(verdict.budgets.back().verdict == Verdict::inconclusive);
  CHECK(verdict.budgets.back().reason.find("p99.9 needs 3688 independent samples and there are "
                                           "200;") == 0);
}

TEST_CASE("a class has no sections: one repetition does not tell how far it varies") {
  const ScenarioResult result = mixed_scenario({mixed_repetition(2us, 25us)});
  const ScenarioVerdict verdict = judge(result, summarise(result));
  CHECK(verdict.budgets[0].verdict == Verdict::pass);
  CHECK(verdict.budgets[1].verdict == Verdict::inconclusive);
  CHECK(verdict.budgets[1].reason.find("how far it varies is not known") == 0);
}

TEST_CASE("what is lost is lost in its class, of a disturbed repetition too") {
  ScenarioResult result =
      mixed_scenario({mixed_repetition(2us, 25us, 3), mixed_repetition(2us, 25us)});
  result.lossless = false;
  result.repetitions[0].disturbance = "the cores moved";
  const ScenarioSummary summary = summarise(result);
  CHECK(summary.classes[1].counts.lost == 0);
  CHECK(summary.classes[1].all_counts.lost == 3);
  CHECK(summary.classes[0].all_counts.lost == 0);
  const ScenarioVerdict verdict = judge(result, summary);
  CHECK(verdict.budgets.back().text() == "deep: lost == 0");
  CHECK(verdict.budgets.back().verdict == Verdict::fail);
}

TEST_CASE("where some were dropped and some lost, a class gets the most that each can be") {
  ScenarioResult result = mixed_scenario({mixed_repetition(2us, 25us, 10)});
  result.repetitions[0].counts.lost = 1;
  result.repetitions[0].counts.dropped = 9;
  const ClassSummary deep = summarise(result).classes[1];
  CHECK(deep.counts.lost == 1);
  CHECK(deep.counts.dropped == 9);
  CHECK(deep.achieved_rate == doctest::Approx(191));
}

TEST_CASE("deliveries to many subscribers are one message in a class's rate") {
  ScenarioResult result = mixed_scenario({mixed_repetition(2us, 25us)});
  result.scenario.pattern = Pattern::fan_out;
  result.scenario.consumers = 2;
  CHECK(summarise(result).classes[0].achieved_rate == doctest::Approx(400));
}

TEST_CASE("a scenario without a mix has no classes, and users are none of them") {
  const ScenarioResult result = testing::scenario({testing::repetition(1000, 2us)});
  CHECK(summarise(result).classes.empty());
  CHECK_FALSE(summarise(result).users);
}

bool hinted(const RunResult& run, const std::string& part) {
  const std::vector<std::string> hints = store(judge(run)).hints;
  return std::any_of(hints.begin(), hints.end(),
                     [&](const std::string& hint) { return hint.find(part) != std::string::npos; });
}

TEST_CASE("a closed loop accounts for its users, and says so where it cannot") {
  RunResult run;
  run.scenarios = {testing::users_scenario()};
  const UsersSummary users = *summarise(run.scenarios[0]).users;
  CHECK(users.users == 10);
  CHECK(users.turns == 1000);
  CHECK(users.turns_per_second == doctest::Approx(1000));
  CHECK(users.answer_mean_ns == doctest::Approx(2e6).epsilon(0.01));
  CHECK(users.thought_mean_ns == doctest::Approx(7.5e6));
  CHECK(users.held_up_mean_ns == doctest::Approx(5e5).epsilon(0.01));
  CHECK(users.found_by_littles_law == doctest::Approx(10).epsilon(0.01));
  CHECK(users.consistent());
  CHECK(hinted(run, "latency of a closed loop hides stalls"));
  CHECK_FALSE(hinted(run, "Little's law"));
  run.scenarios[0].scenario.users = 11;
  CHECK_FALSE(summarise(run.scenarios[0]).users->consistent());
  CHECK(hinted(run, "Little's law"));
  run.scenarios[0].scenario.users = 200;  // five turns each cannot tell
  CHECK_FALSE(summarise(run.scenarios[0]).users->consistent());
  CHECK_FALSE(summarise(run.scenarios[0]).pacing);  // nobody was due
}

TEST_CASE("a closed loop of which nothing came back has no figures and no division by zero") {
  ScenarioResult result = testing::users_scenario();
  result.repetitions[0] = RepetitionResult();
  const UsersSummary users = *summarise(result).users;
  CHECK(users.turns_per_second == 0);
  CHECK(users.found_by_littles_law == 0);
  CHECK_FALSE(users.consistent());
}

}  // namespace
}  // namespace busmark
