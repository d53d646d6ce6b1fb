// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "verb/search/search.hpp"

namespace busmark {
namespace {

double as_double(std::uint64_t count) { return static_cast<double>(count); }

double cores_of(const ResourceUsage& usage, std::uint32_t threads) {
  // The passed time is a sum over threads, too.
  if (usage.wall.count() <= 0) return 0;
  const auto ran = static_cast<double>((usage.user + usage.system).count());
  return ran / static_cast<double>(usage.wall.count()) * threads;
}

RateLimit limit_of(const ScenarioSummary& summary) {
  if (summary.counts.lost > 0) return RateLimit::loss;
  if (summary.counts.refused + summary.counts.dropped > 0) return RateLimit::queue_full;
  return summary.service.mean_ns >= summary.response.mean_ns / 2 ? RateLimit::consumer
                                                                 : RateLimit::producer;
}

/// Whether the figure itself meets the limit, wherever its interval ends: a trial is one draw, and
/// how often they hold is what the search is about.
bool figure_meets(const BudgetVerdict& budget) {
  if (budget.verdict == Verdict::pass || budget.verdict == Verdict::warn) return true;
  return budget.verdict == Verdict::inconclusive && budget.margin && *budget.margin > 0;
}

bool figure_misses(const BudgetVerdict& budget) {
  if (budget.verdict == Verdict::fail) return true;
  return budget.verdict == Verdict::inconclusive && budget.value &&
         (!budget.margin || *budget.margin <= 0);
}

}  // namespace

RateTrial read_trial(const JudgedScenario& scenario) {
  const ScenarioSummary& summary = scenario.summary;
  RateTrial trial;
  const auto figure = [&](std::uint32_t percent) {
    const PercentileEstimate* found = summary.response.find({percent * 10'000});
    if (found == nullptr) return Nanoseconds{};
    // The curve needs a number: at least as long as the slowest that arrived.
    return found->never() ? summary.response.max : found->value;
  };
  trial.p50 = figure(50);
  trial.p95 = figure(95);
  trial.p99 = figure(99);
  trial.lost = summary.counts.lost;
  trial.received_rate = summary.received_rate;
  trial.backlog = summary.received_rate * summary.service.mean_ns * 1e-9;
  trial.missed_share = missed_share(summary);
  const std::uint64_t planned = summary.unsent * summary.copies + summary.counts.published;
  if (planned > 0) {
    // A message that was sent too late may be lost as well.
    trial.missed_share =
        std::min(1.0, trial.missed_share + as_double(trial.lost) / as_double(planned));
  }
  const RepetitionResult& repetition = scenario.result->repetitions.front();
  trial.cpu = cores_of(repetition.producers, scenario.result->scenario.producers) +
              cores_of(repetition.consumers, scenario.result->scenario.consumers);

  for (const BudgetVerdict& budget : scenario.verdict.budgets) {
    if (is_latency(budget.budget.metric) && budget.value && budget.budget.limit > 0) {
      trial.over_limit = std::max(trial.over_limit, *budget.value / budget.budget.limit);
    }
    TrialVerdict& goal = trial.goals.emplace_back(TrialVerdict::holds);
    if (figure_meets(budget)) continue;
    // Of the machine, or too few samples; what invalidates all of them is judged below.
    const bool unclear = budget.verdict == Verdict::invalid || !figure_misses(budget);
    goal = unclear ? TrialVerdict::unclear : TrialVerdict::misses;
    if (!trial.reason.empty()) continue;
    trial.reason = budget.text() + ": " + budget.reason;
    trial.verdict = goal;
  }
  if (!scenario.verdict.reasons.empty()) {
    trial.reason = scenario.verdict.reasons.front();
    const bool overloaded = keeps_rate(summary) == false || summary.all_counts.lost > 0;
    trial.verdict = overloaded ? TrialVerdict::misses : TrialVerdict::unclear;
    trial.goals.assign(trial.goals.size(), trial.verdict);
  }
  if (trial.verdict == TrialVerdict::misses) {
    trial.limit = limit_of(summary);
    if (summary.only_disturbed && trial.lost == 0) {
      trial.verdict = TrialVerdict::unclear;
      trial.reason = "disturbed: " + repetition.disturbance;
      for (TrialVerdict& goal : trial.goals) {
        if (goal == TrialVerdict::misses) goal = TrialVerdict::unclear;
      }
    }
  }
  return trial;
}

}  // namespace busmark
