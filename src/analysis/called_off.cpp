// SPDX-License-Identifier: Apache-2.0
#include "called_off.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace busmark {
namespace {

/// Counts that a shorter window can only make smaller, and that its early end does not add to.
bool only_grows(Metric metric) noexcept {
  return metric == Metric::lost || metric == Metric::dropped || metric == Metric::duplicated ||
         metric == Metric::reordered || metric == Metric::corrupt;
}

std::string when_of(const MissedBudget& missed, const Scenario& scenario) {
  return fmt::format("{} of {}", format_duration(missed.after), format_duration(scenario.duration));
}

/// The budget as the repetition alone meets it.
BudgetVerdict judge_alone(const Budget& budget, const RepetitionResult& ended,
                          const ScenarioResult& result, const ScenarioSummary& summary) {
  if (summary.part) return judge(budget, summary);
  ScenarioResult alone{.scenario = result.scenario,
                       .placement = result.placement,
                       .repetitions = {},
                       .wall = {},
                       .skipped = {}};
  alone.repetitions.push_back(ended);
  return judge(budget, summarise(alone));
}

void fail_early(BudgetVerdict& judged, const RepetitionResult& ended, const ScenarioResult& result,
                const ScenarioSummary& summary) {
  const MissedBudget& missed = *ended.missed;
  const Budget& budget = judged.budget;
  BudgetVerdict alone = judge_alone(budget, ended, result, summary);
  // Too few samples may be those of the part; whether the whole had enough is known as well.
  const bool too_few = budget.metric == Metric::latency_percentile &&
                       missed.planned / summary.copies < samples_needed(budget.percentile);
  const bool of_the_machine = alone.verdict == Verdict::invalid && alone.margin.has_value();
  if (too_few || of_the_machine) {
    judged = std::move(alone);
    return;
  }
  judged.verdict = Verdict::fail;
  judged.reason =
      fmt::format("certain after {}: {}", when_of(missed, result.scenario), missed.reason);
  judged.value.reset();
  judged.margin.reset();
  if (budget.metric == Metric::latency_max) {
    judged.value = alone.value;
    judged.margin = alone.margin;
  }
}

}  // namespace

const RepetitionResult* called_off(const ScenarioResult& result) noexcept {
  const auto found = std::find_if(result.repetitions.begin(), result.repetitions.end(),
                                  [](const auto& one) { return one.missed && !one.disturbed(); });
  return found == result.repetitions.end() ? nullptr : &*found;
}

void judge_called_off(BudgetVerdict& judged, const RepetitionResult& ended,
                      const ScenarioResult& result, const ScenarioSummary& summary) {
  const Budget& budget = judged.budget;
  if (judged.message_class.empty() && budget.text == ended.missed->budget) {
    return fail_early(judged, ended, result, summary);
  }
  if (!summary.part) return;  // complete repetitions speak for it
  if (judged.verdict == Verdict::fail && only_grows(budget.metric)) return;
  judged.verdict = Verdict::inconclusive;
  judged.reason = fmt::format("not judged: {} ended it after {}", ended.missed->budget,
                              when_of(*ended.missed, result.scenario));
  if (only_grows(budget.metric)) return;
  judged.value.reset();
  judged.margin.reset();
}

}  // namespace busmark
