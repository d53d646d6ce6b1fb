// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <doctest/doctest.h>

#include "judge/verdict.hpp"
#include "support/results.hpp"

// What decides one budget: intervals, what never arrived, too few samples.

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::repetition;
using testing::scenario;

ScenarioVerdict decided(const ScenarioResult& result) { return judge(result, summarise(result)); }

TEST_CASE("repetitions on both sides of the limit are inconclusive, with what would decide") {
  const ScenarioVerdict verdict =
      decided(scenario({repetition(1000, 3ms), repetition(1000, 3ms), repetition(1000, 7ms)}));
  CHECK(verdict.verdict == Verdict::inconclusive);
  CHECK(verdict.budgets[0].reason.find("the limit lies inside the interval") == 0);
  CHECK(verdict.budgets[0].reason.find("repetitions of this length would decide it") !=
        std::string::npos);
}

/// One repetition of each p95: 94 of 100 messages are fast, the others take that long, and some
/// far longer.
ScenarioResult of_p95(const std::vector<Nanoseconds>& p95, bool all_alike) {
  std::vector<RepetitionResult> repetitions;
  for (const Nanoseconds one : p95) {
    repetitions.push_back(repetition(100'000, all_alike ? one : 100us));
    if (all_alike) continue;
    repetitions.back().response.reset();
    repetitions.back().response.record_n(100'000, 94'000);
    repetitions.back().response.record_n(static_cast<std::uint64_t>(one.count()), 5'990);
    repetitions.back().response.record_n(200'000'000, 10);
    testing::cut_evenly(repetitions.back());
  }
  return scenario(repetitions);
}

TEST_CASE("one good repetition of five does not turn four that miss the budget by far") {
  for (const bool all_alike : {false, true}) {
    CAPTURE(all_alike);
    CHECK(decided(of_p95({25ms, 4ms, 30ms, 28ms, 27ms}, all_alike)).verdict == Verdict::fail);
  }
}

TEST_CASE("one bad repetition of five neither fails nor passes a budget that four meet") {
  for (const bool all_alike : {false, true}) {
    CAPTURE(all_alike);
    const ScenarioVerdict verdict = decided(of_p95({25ms, 4ms, 3ms, 4ms, 4ms}, all_alike));
    CHECK(verdict.verdict == Verdict::inconclusive);
  }
}

TEST_CASE("an interval that is not known is no pass, and the reason says what tells it") {
  RepetitionResult alone = repetition(100'000, 1ms);
  alone.sections.clear();
  const ScenarioVerdict verdict = decided(scenario({alone}, {"p95 < 5ms", "mean < 5ms"}));
  for (const BudgetVerdict& budget : verdict.budgets) {
    CAPTURE(budget.text());
    CHECK(budget.verdict == Verdict::inconclusive);
    CHECK(budget.reason.find("how far it varies is not known from 1 repetition") == 0);
    CHECK(*budget.value == doctest::Approx(1e6).epsilon(0.001));
  }
  CHECK(decided(scenario({alone, alone, alone})).verdict == Verdict::pass);
}

TEST_CASE("more repetitions narrow an interval, and decide what a few left open") {
  std::vector<Nanoseconds> p95{3ms, 4ms, 4500us};
  const auto width = [](const ScenarioResult& result) {
    const Interval interval = summarise(result).response.find({950'000})->interval;
    return interval.high - interval.low;
  };
  const ScenarioResult few = of_p95(p95, false);
  CHECK(decided(few).verdict == Verdict::inconclusive);
  for (int i = 0; i < 4; ++i) p95.insert(p95.end(), {3ms, 4ms, 4500us});
  const ScenarioResult many = of_p95(p95, false);
  CHECK(decided(many).verdict == Verdict::pass);
  CHECK(width(many) < width(few));
}

/// 1,000,000 messages at 100 ns but for `refused` that the transport did not take.
RepetitionResult refusing(std::uint64_t refused) {
  RepetitionResult result = repetition(1'000'000 - refused, 100ns, 1e6);
  result.counts.published = 1'000'000;
  result.counts.refused = refused;
  return result;
}

TEST_CASE("a percentile is of all that was due: what never arrived took for ever") {
  const std::vector<std::string> budgets{"p99 < 1ms", "p99.9 < 1ms", "mean < 1ms", "max < 1ms"};
  const ScenarioResult result =
      scenario({refusing(9'000), refusing(9'000), refusing(9'000)}, budgets);
  const ScenarioSummary summary = summarise(result);
  CHECK(summary.response.missing == 27'000);
  CHECK(summary.response.find({990'000})->value < 1us);
  CHECK(summary.response.find({999'000})->never());
  const ScenarioVerdict verdict = judge(result, summary);
  CHECK(verdict.verdict == Verdict::fail);
  CHECK(verdict.budgets[0].verdict == Verdict::pass);
  for (std::size_t i = 1; i < 4; ++i) {
    CAPTURE(budgets[i]);
    CHECK(verdict.budgets[i].verdict == Verdict::fail);
    CHECK(std::isinf(*verdict.budgets[i].value));
    CHECK(verdict.budgets[i].reason ==
          "missed: 27000 of 3000000 messages that were due never arrived (0.9 %)");
  }
}

TEST_CASE("messages that were lost, dropped or never sent take for ever as well") {
  for (const int fate : {0, 1, 2}) {
    CAPTURE(fate);
    RepetitionResult lacking = repetition(991'000, 100ns, 1e6);
    lacking.counts.published = fate == 2 ? 991'000 : 1'000'000;
    if (fate == 0) lacking.counts.lost = 9'000;
    if (fate == 1) lacking.counts.dropped = 9'000;
    if (fate == 2) lacking.pacing.unsent = 9'000;
    ScenarioResult result = scenario({lacking}, {"p99 < 1ms", "p99.9 < 1ms"});
    result.lossless = false;
    const ScenarioVerdict verdict = decided(result);
    CHECK(verdict.budgets[0].verdict == Verdict::pass);
    CHECK(verdict.budgets[1].verdict == Verdict::fail);
  }
}

TEST_CASE("a maximum is of these messages: it needs no interval") {
  RepetitionResult alone = repetition(10, 1ms);
  alone.sections.clear();
  CHECK(decided(scenario({alone}, {"max < 5ms"})).verdict == Verdict::pass);
  CHECK(decided(scenario({alone}, {"max < 500us"})).verdict == Verdict::fail);
}

TEST_CASE("too few samples for a percentile are inconclusive, more are enough") {
  for (const auto& [budget, needed] : {std::pair<const char*, std::uint64_t>{"p95 < 5ms", 72},
                                       {"p99 < 5ms", 368},
                                       {"p99.9 < 5ms", 3'688},
                                       {"p99.99 < 5ms", 36'887}}) {
    CAPTURE(budget);
    const RepetitionResult one = repetition(4 * needed, 1ms);
    CHECK(decided(scenario({one, one, one}, {budget})).verdict == Verdict::pass);
    const ScenarioVerdict verdict = decided(scenario({repetition(needed - 1, 1ms)}, {budget}));
    CHECK(verdict.verdict == Verdict::inconclusive);
    CHECK_FALSE(verdict.budgets[0].value.has_value());
    CHECK(verdict.budgets[0].reason.find("independent samples") != std::string::npos);
  }
}

TEST_CASE("a rate that differs from repetition to repetition is decided by its interval") {
  const auto at = [](double first, double second, double third) {
    std::vector<RepetitionResult> repetitions;
    for (const double rate : {first, second, third}) {
      repetitions.push_back(repetition(1000, 1ms));
      repetitions.back().intended_rate = 0;
      repetitions.back().achieved_rate = rate;
    }
    ScenarioResult result = scenario(repetitions, {"rate >= 100k/s"});
    result.scenario.load.rate.reset();
    return decided(result).verdict;
  };
  CHECK(at(130e3, 131e3, 129e3) == Verdict::pass);
  CHECK(at(80e3, 81e3, 79e3) == Verdict::fail);
  CHECK(at(104e3, 130e3, 97e3) == Verdict::inconclusive);
}

}  // namespace
}  // namespace busmark
