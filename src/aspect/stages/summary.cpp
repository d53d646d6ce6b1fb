// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/summary.hpp"

#include <algorithm>

#include "aspect/stages/result.hpp"
#include "engine/load_curve.hpp"
#include "record/message_flow.hpp"
#include "record/summary.hpp"
#include "stat/percentile_interval.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

/// What was accepted in time to arrive and did not. Transports do not say which messages they
/// dropped: where they own up to none, what is missing is lost, which is judged elsewhere.
std::uint64_t dropped_in(const StageResult& stage, const MessageCounts& counts,
                         std::uint32_t copies) {
  const std::uint64_t wanted = (stage.published - stage.refused) * copies;
  const std::uint64_t missing = wanted - std::min(stage.received, wanted);
  return std::min(missing, counts.dropped) / copies;
}

/// Percentiles of all that was due in the stage; empty also where too few of that ever arrived.
void add_latency(const DecodedHistogram& response, Nanoseconds max, std::uint32_t copies,
                 StageSummary& row) {
  const std::uint64_t due = std::max((row.published + row.unsent) * copies, response.total());
  const auto at = [&](std::uint32_t parts_per_million) -> std::optional<Nanoseconds> {
    const Percentile percentile{parts_per_million};
    if (response.total() / copies < samples_needed(percentile)) return std::nullopt;
    const double rank = percentile.percent() * static_cast<double>(due);
    const double percent = rank / static_cast<double>(response.total());
    if (due > response.total() && percent > 100) return std::nullopt;
    const auto value = due == response.total() ? response.value_at(percentile)
                                               : response.value_at_percentile(percent);
    return std::min(Nanoseconds(static_cast<std::int64_t>(value)), max);
  };
  row.p50 = at(500'000);
  row.p95 = at(950'000);
  row.p99 = at(990'000);
  if (response.total() > 0) row.max = max;
}

/// Of the repetitions in which there was a p95 to come back to, the worst.
void add_recovery(const std::vector<const StageResult*>& stages, StageSummary& row) {
  bool all_back = true;
  for (const StageResult* stage : stages) {
    if (!stage->p95_before) continue;
    row.p95_before = std::max(row.p95_before, stage->p95_before);
    row.recovery = std::max(row.recovery, stage->recovery);
    all_back = all_back && stage->recovery;
  }
  if (!all_back) row.recovery.reset();
}

StageSummary summarise_stage(const ScenarioResult& result, const std::vector<std::uint32_t>& used,
                             std::size_t index, const LoadStage& stage) {
  const std::uint32_t copies = MessageFlow(result.scenario).copies();
  StageSummary row;
  row.name = stage.name;
  row.start = stage.begin;
  row.length = stage.length;
  row.intended_rate = stage.rate();
  DecodedHistogram response(Histogram::shape());
  Nanoseconds max{};
  std::vector<double> rates;
  std::vector<const StageResult*> stages;
  for (const std::uint32_t i : used) {
    const RepetitionResult& repetition = result.repetitions[i];
    if (index >= repetition.stages.size()) continue;
    const StageResult& one = repetition.stages[index];
    stages.push_back(&one);
    row.published += one.published;
    row.received += one.received;
    row.refused += one.refused;
    row.dropped += dropped_in(one, repetition.counts, copies);
    row.overdue += one.overdue;
    row.unsent += one.unsent;
    rates.push_back(static_cast<double>(one.sent) / in_seconds(stage.length));
    response.merge(one.response);
    max = std::max(max, one.max);
  }
  row.achieved_rate = median(rates);
  add_latency(response, max, copies, row);
  add_recovery(stages, row);
  return row;
}

}  // namespace

std::vector<StageSummary> summarise_stages(const ScenarioResult& result,
                                           const std::vector<std::uint32_t>& used) {
  if (used.empty()) return {};
  const std::vector<LoadStage> stages = load_stages(result.scenario);
  std::vector<double> rates;
  for (const LoadStage& stage : stages) rates.push_back(stage.rate());
  std::vector<StageSummary> rows;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    rows.push_back(summarise_stage(result, used, i, stages[i]));
    rows.back().raised = is_raised(rates, i, result.scenario.load.rate->per_second);
  }
  return rows;
}

}  // namespace busmark
