// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <doctest/doctest.h>

#include "support/results.hpp"
#include "verb/search/search.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

RateTrial trial_of(RepetitionResult repetition,
                   const std::vector<std::string>& budgets = {"p95 < 5ms", "lost == 0"}) {
  const ScenarioResult result = testing::scenario({std::move(repetition)}, budgets);
  return read_trial(judge(result));
}

TEST_CASE("a trial holds where its figures meet the budget, with little to spare too") {
  CHECK(trial_of(testing::repetition(1000, 1ms)).verdict == TrialVerdict::holds);
  CHECK(trial_of(testing::repetition(1000, 4900us)).verdict == TrialVerdict::holds);
  CHECK(trial_of(testing::repetition(1000, 1ms)).reason.empty());
}

TEST_CASE("a latency beyond its limit misses, by how much and where the time went") {
  const RateTrial slow = trial_of(testing::repetition(1000, 10ms));
  CHECK(slow.verdict == TrialVerdict::misses);
  CHECK(slow.over_limit == doctest::Approx(2).epsilon(0.01));
  CHECK(slow.limit == RateLimit::consumer);
  CHECK(slow.backlog == doctest::Approx(10).epsilon(0.01));  // 1000/s for 10 ms each
  RepetitionResult late = testing::repetition(1000, 10ms);
  late.service = Histogram();
  late.service.record_n(1000, 1000);
  CHECK(trial_of(std::move(late)).limit == RateLimit::producer);
}

TEST_CASE("a missed schedule misses, whatever the latencies of what was sent") {
  RepetitionResult behind = testing::repetition(900, 1ms);
  behind.pacing.unsent = 100;
  const RateTrial trial = trial_of(std::move(behind));
  CHECK(trial.verdict == TrialVerdict::misses);
  CHECK(trial.missed_share == doctest::Approx(0.1));
  RepetitionResult full = testing::repetition(900, 1ms);
  full.counts.published = 1000;
  full.counts.refused = 100;
  CHECK(trial_of(std::move(full)).limit == RateLimit::queue_full);
}

TEST_CASE("a lost message misses, on a disturbed machine too") {
  RepetitionResult lossy = testing::repetition(999, 1ms);
  lossy.counts.published = 1000;
  lossy.counts.lost = 1;
  lossy.disturbance = "other work ran";
  const RateTrial trial = trial_of(std::move(lossy));
  CHECK(trial.verdict == TrialVerdict::misses);
  CHECK(trial.limit == RateLimit::loss);
  CHECK(trial.lost == 1);
}

TEST_CASE("a disturbed machine makes a miss unclear and a hold no less a hold") {
  RepetitionResult slow = testing::repetition(1000, 10ms);
  slow.disturbance = "other work ran";
  const RateTrial trial = trial_of(std::move(slow));
  CHECK(trial.verdict == TrialVerdict::unclear);
  CHECK(trial.reason.find("other work ran") != std::string::npos);
  RepetitionResult fast = testing::repetition(1000, 1ms);
  fast.disturbance = "other work ran";
  CHECK(trial_of(std::move(fast)).verdict == TrialVerdict::holds);
}

TEST_CASE("too few samples for a percentile make a trial unclear") {
  const RateTrial trial = trial_of(testing::repetition(50, 1ms));
  CHECK(trial.verdict == TrialVerdict::unclear);
  CHECK(trial.reason.find("72 independent samples") != std::string::npos);
}

TEST_CASE("each budget has a verdict of its own, and a missed schedule misses all of them") {
  using Verdicts = std::vector<TrialVerdict>;
  constexpr TrialVerdict kHolds = TrialVerdict::holds;
  constexpr TrialVerdict kMisses = TrialVerdict::misses;
  const std::vector<std::string> budgets{"p95 < 5ms", "p50 < 500us", "lost == 0"};
  CHECK(trial_of(testing::repetition(1000, 1ms), budgets).goals ==
        Verdicts{kHolds, kMisses, kHolds});
  RepetitionResult behind = testing::repetition(900, 1ms);
  behind.pacing.unsent = 100;
  CHECK(trial_of(std::move(behind), budgets).goals == Verdicts{kMisses, kMisses, kMisses});
}

}  // namespace
}  // namespace busmark
