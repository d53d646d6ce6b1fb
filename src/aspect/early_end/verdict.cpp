// SPDX-License-Identifier: Apache-2.0
#include "aspect/early_end/verdict.hpp"

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

/// Every repetition that held still, to its end or until it was called off. What a called-off one
/// would still have sent never arrived: it is certain to miss its budget, whatever came.
LatencySummary of_all_that_held(const ScenarioResult& result, const ScenarioSummary& summary,
                                bool rest_is_missing, std::vector<std::uint32_t>& used) {
  std::vector<LatencySource> sources;
  for (std::uint32_t i = 0; i < result.repetitions.size(); ++i) {
    const RepetitionResult& one = result.repetitions[i];
    if (one.disturbed() || one.interrupted) continue;
    used.push_back(i);
    LatencySource& source = sources.emplace_back(response_of(one, summary.copies));
    const std::uint64_t came = one.response.total();
    if (!rest_is_missing || !one.missed || one.missed->planned <= came) continue;
    source.missing = std::max(source.missing, one.missed->planned - came);
  }
  return summarise_latency(sources, result.scenario.budget, summary.copies);
}

std::size_t count_of_called_off(const ScenarioResult& result, const std::string& budget) {
  return static_cast<std::size_t>(
      std::count_if(result.repetitions.begin(), result.repetitions.end(), [&](const auto& one) {
        return one.missed && !one.disturbed() && one.missed->budget == budget;
      }));
}

/// By the rule of the gate, as if every repetition had gone on to its end.
void judge_early(BudgetVerdict& judged, const RepetitionResult& ended, const ScenarioResult& result,
                 const ScenarioSummary& summary, JudgeBudget judge) {
  const MissedBudget& missed = *ended.missed;
  const Budget& budget = judged.budget;
  ScenarioSummary all = summary;
  all.used.clear();
  const bool percentile = budget.metric == Metric::latency_percentile;
  all.response = of_all_that_held(result, summary, percentile, all.used);
  judged = judge(budget, all);
  const std::string when =
      fmt::format("certain after {}: {}", when_of(missed, result.scenario), missed.reason);
  if (judged.verdict == Verdict::fail) {
    judged.reason = when;
  } else if (judged.verdict != Verdict::invalid) {
    // What was certain of one repetition is not passed over in silence.
    judged.verdict = Verdict::inconclusive;
    judged.reason = fmt::format("{} of {} repetitions missed it ({}){}{}",
                                count_of_called_off(result, missed.budget), all.used.size(), when,
                                judged.reason.empty() ? "" : ", but ", judged.reason);
  }
  if (budget.metric == Metric::latency_max) return;
  judged.value.reset();
  judged.margin.reset();
}

}  // namespace

const RepetitionResult* called_off(const ScenarioResult& result) noexcept {
  const auto found = std::find_if(result.repetitions.begin(), result.repetitions.end(),
                                  [](const auto& one) { return one.missed && !one.disturbed(); });
  return found == result.repetitions.end() ? nullptr : &*found;
}

void judge_called_off(BudgetVerdict& judged, const RepetitionResult& ended,
                      const ScenarioResult& result, const ScenarioSummary& summary,
                      JudgeBudget judge) {
  const Budget& budget = judged.budget;
  if (judged.message_class.empty() && budget.text == ended.missed->budget) {
    return judge_early(judged, ended, result, summary, judge);
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
