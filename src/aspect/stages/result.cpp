// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/result.hpp"

#include <algorithm>
#include <cmath>

#include "aspect/stages/recovery.hpp"
#include "engine/repetition.hpp"

namespace busmark {
namespace {

/// What a producer that was held up until the drain's deadline left of each stage.
void add_unsent(const ProducerRecord& record, const RawRepetition& raw,
                const std::vector<std::int64_t>& ends, const LoadCurve& curve,
                std::uint32_t producers, std::vector<double>& unsent) {
  if (record.cut_short || record.next_due >= raw.window.end) return;
  // The curve counts from the start of the warm-up, the grid from its end.
  const std::int64_t warmup = raw.window.measure - raw.window.start;
  std::int64_t from =
      std::max<std::int64_t>(record.next_due, raw.window.measure) - raw.window.measure;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] <= from) continue;
    unsent[i] += (curve.due_before(static_cast<double>(ends[i] + warmup)) -
                  curve.due_before(static_cast<double>(from + warmup))) /
                 producers;
    from = ends[i];
  }
}

void add_producers(const RepetitionPlan& plan, const RawRepetition& raw, const StageGrid& grid,
                   RepetitionResult& result) {
  const LoadCurve curve = load_curve(plan);
  std::vector<double> unsent(grid.stages.size());
  for (const auto& record : raw.producers) {
    const StageProduction& books = record->stages;
    for (std::size_t i = 0; i < books.stages.size(); ++i) {
      result.stages[i].published += books.stages[i].published;
      result.stages[i].refused += books.stages[i].refused;
      result.stages[i].overdue += books.stages[i].overdue;
      result.stages[i].sent += books.stages[i].sent;
    }
    for (std::size_t i = 0; i < books.cells.size(); ++i) {
      result.load_series[i].due += books.cells[i].due;
      result.load_series[i].sent += books.cells[i].sent;
    }
    add_unsent(*record, raw, grid.stages, curve, plan.scenario.producers, unsent);
  }
  for (std::size_t i = 0; i < unsent.size(); ++i) {
    result.stages[i].unsent = static_cast<std::uint64_t>(std::llround(unsent[i]));
  }
}

void add_receivers(const RepetitionPlan& plan, const RawRepetition& raw, RepetitionResult& result) {
  const MessageFlow::Range final = MessageFlow(plan.scenario).final_receivers();
  for (std::uint32_t r = final.first; r < final.end; ++r) {
    const auto* record = dynamic_cast<const StagedRecord*>(raw.receivers[r].get());
    if (record == nullptr) continue;
    for (std::size_t i = 0; i < result.stages.size(); ++i) {
      const Histogram& response = record->stages.stages()[i];
      result.stages[i].received += response.total();
      result.stages[i].max = std::max(result.stages[i].max, as_nanoseconds(response.max()));
      result.stages[i].response.merge(DecodedHistogram(response));
    }
    for (std::size_t i = 0; i < result.load_series.size(); ++i) {
      result.load_series[i].received += record->stages.cells()[i];
    }
  }
}

void add_recoveries(const Scenario& scenario, const std::vector<LoadStage>& rows,
                    const std::vector<IntervalResult>& intervals, RepetitionResult& result) {
  std::vector<double> rates;
  for (const LoadStage& row : rows) rates.push_back(row.rate());
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const DecodedHistogram& before = result.stages[i - 1].response;
    if (!is_raised(rates, i, scenario.load.rate->per_second)) continue;
    if (before.total() < kRecoverySamples) continue;
    StageResult& stage = result.stages[i];
    stage.p95_before = as_nanoseconds(before.value_at(Percentile{950'000}));
    const auto back = find_recovery(intervals, rows[i].end(), *stage.p95_before);
    if (back) stage.recovery = *back - rows[i].end();
  }
}

/// What was asked for, from the stages alone.
void plan_series(const Scenario& scenario, const std::vector<LoadStage>& rows,
                 std::vector<LoadInterval>& series) {
  const LoadCurve curve(rows, *scenario.load.rate, 0, 1e9);
  const std::size_t length = series_length(scenario);
  double before = 0;
  for (std::size_t i = 0; i < length; ++i) {
    LoadInterval interval;
    interval.start = scenario.interval * static_cast<std::int64_t>(i);
    interval.length = i + 1 < length ? scenario.interval : scenario.duration - interval.start;
    const Nanoseconds end = interval.start + interval.length;
    const double until = curve.due_before(static_cast<double>(end.count()));
    interval.intended = until - before;
    before = until;
    series.push_back(interval);
  }
}

class StagesObserver final : public Observer {
 public:
  explicit StagesObserver(const RepetitionPlan& plan) : plan_(plan) {}

  void finished(const RawRepetition& raw, RepetitionResult& result) override {
    assemble_stages(plan_, raw, result);
  }

 private:
  const RepetitionPlan& plan_;
};

}  // namespace

bool is_raised(const std::vector<double>& rates, std::size_t index, double load) {
  constexpr double kRounding = 1e-6;
  const double before = index == 0 ? load : rates[index - 1];
  return index + 1 < rates.size() && rates[index] > before * (1 + kRounding) &&
         rates[index + 1] * (1 + kRounding) < rates[index];
}

void assemble_stages(const RepetitionPlan& plan, const RawRepetition& raw,
                     RepetitionResult& result) {
  const Scenario& scenario = plan.scenario;
  const std::vector<LoadStage> rows = load_stages(scenario);
  if (rows.empty()) return;
  result.stages.assign(rows.size(), {});
  plan_series(scenario, rows, result.load_series);
  add_producers(plan, raw, StageGrid(scenario, plan.clock, plan.seed), result);
  add_receivers(plan, raw, result);
  add_recoveries(scenario, rows, raw.intervals, result);
  result.pacing.unsent = 0;
  for (const StageResult& stage : result.stages) result.pacing.unsent += stage.unsent;
}

std::unique_ptr<Observer> observe_stages(const RepetitionPlan& plan) {
  if (plan.scenario.stages.empty()) return nullptr;
  return std::make_unique<StagesObserver>(plan);
}

}  // namespace busmark
