// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "busmark/engine/message_flow.hpp"
#include "busmark/workload/load_curve.hpp"

namespace busmark {
namespace {

using HistogramOf = const Histogram& (*)(const RepetitionResult&);

std::vector<std::uint32_t> choose(const std::vector<RepetitionResult>& repetitions,
                                  bool& only_disturbed) {
  std::vector<std::uint32_t> held;
  std::vector<std::uint32_t> called_off;
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < repetitions.size(); ++i) {
    all.push_back(i);
    if (repetitions[i].disturbed() || repetitions[i].interrupted) continue;
    (repetitions[i].missed ? called_off : held).push_back(i);
  }
  only_disturbed = !all.empty() && std::all_of(repetitions.begin(), repetitions.end(),
                                               [](const auto& r) { return r.disturbed(); });
  if (!held.empty()) return held;
  return called_off.empty() ? all : called_off;
}

LatencySummary latency_of(const ScenarioResult& result, const std::vector<std::uint32_t>& used,
                          HistogramOf histogram_of) {
  std::vector<const Histogram*> repetitions;
  for (const std::uint32_t i : used) repetitions.push_back(&histogram_of(result.repetitions[i]));
  return summarise_latency(repetitions, result.scenario.budget,
                           MessageFlow(result.scenario).copies());
}

template <typename Field>
double median_over(const ScenarioResult& result, const std::vector<std::uint32_t>& used,
                   Field field) {
  std::vector<double> values;
  for (const std::uint32_t i : used) values.push_back(field(result.repetitions[i]));
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

std::uint64_t samples_needed(Percentile percentile) noexcept {
  const double share = percentile.parts_per_million / 1e6;
  if (share <= 0 || share >= 1) return 1;
  return static_cast<std::uint64_t>(std::ceil(std::log(0.025) / std::log(share)));
}

Interval order_statistic_interval(const Histogram& histogram, Percentile percentile,
                                  std::uint32_t copies) {
  const auto n = static_cast<double>(histogram.total());
  const double p = percentile.parts_per_million / 1e6;
  if (n < 1) return {};
  const double half_width = 1.96 * std::sqrt(n * copies * p * (1 - p));
  const double low_rank = std::max(1.0, std::floor(n * p - half_width));
  const double high_rank = std::min(n, std::ceil(n * p + half_width) + 1);
  return {.low = as_nanoseconds(histogram.value_at_rank(static_cast<std::uint64_t>(low_rank))),
          .high = as_nanoseconds(histogram.value_at_rank(static_cast<std::uint64_t>(high_rank)))};
}

const PercentileEstimate* LatencySummary::find(Percentile percentile) const noexcept {
  for (const PercentileEstimate& estimate : percentiles) {
    if (estimate.percentile == percentile) return &estimate;
  }
  return nullptr;
}

void LatencySummary::withhold() noexcept {
  for (PercentileEstimate& estimate : percentiles) estimate.supported = false;
}

namespace {

std::vector<Percentile> wanted_percentiles(const std::vector<Budget>& budgets) {
  std::vector<Percentile> wanted(kReportedPercentiles.begin(), kReportedPercentiles.end());
  for (const Budget& budget : budgets) {
    if (budget.metric == Metric::latency_percentile &&
        std::find(wanted.begin(), wanted.end(), budget.percentile) == wanted.end()) {
      wanted.push_back(budget.percentile);
    }
  }
  return wanted;
}

/// Over all repetitions: no disturbance excuses that nothing came.
double availability(const ScenarioResult& result) {
  std::size_t all = 0;
  std::size_t good = 0;
  for (const RepetitionResult& repetition : result.repetitions) {
    for (const IntervalResult& interval : repetition.intervals) {
      ++all;
      if (interval.response.total() > 0) ++good;
    }
  }
  return all == 0 ? 0 : static_cast<double>(good) / static_cast<double>(all);
}

/// Over all repetitions, for the same reason. Empty where any of them does not tell.
template <typename Figure>
std::optional<std::uint64_t> most_memory(const ScenarioResult& result, Figure figure) {
  std::optional<std::uint64_t> most;
  for (const RepetitionResult& repetition : result.repetitions) {
    const std::optional<std::uint64_t> one =
        repetition.memory ? figure(*repetition.memory) : std::nullopt;
    if (!one) return std::nullopt;
    most = std::max(most, one);
  }
  return most;
}

}  // namespace

LatencySummary summarise_latency(const std::vector<const Histogram*>& repetitions,
                                 const std::vector<Budget>& budgets, std::uint32_t copies) {
  Histogram merged;
  for (const Histogram* one : repetitions) merged.merge(*one);

  LatencySummary summary;
  summary.count = merged.total();
  summary.overflow = merged.overflow();
  summary.min = as_nanoseconds(merged.min());
  summary.max = as_nanoseconds(merged.max());
  summary.mean_ns = merged.mean();
  summary.stddev_ns = merged.stddev();
  // A bucket's highest value may lie above the exact maximum; a percentile may not.
  for (const Percentile percentile : wanted_percentiles(budgets)) {
    PercentileEstimate estimate{
        .percentile = percentile,
        .value = as_nanoseconds(std::min(merged.value_at(percentile), merged.max())),
        .interval = order_statistic_interval(merged, percentile, copies),
        .supported = merged.total() / copies >= samples_needed(percentile)};
    for (const Histogram* repetition : repetitions) {
      const Histogram& one = *repetition;
      if (one.total() / copies < samples_needed(percentile)) continue;
      const Nanoseconds value = as_nanoseconds(one.value_at(percentile));
      estimate.interval.low = std::min(estimate.interval.low, value);
      estimate.interval.high = std::max(estimate.interval.high, value);
    }
    estimate.interval.low = std::min(estimate.interval.low, summary.max);
    estimate.interval.high = std::min(estimate.interval.high, summary.max);
    summary.percentiles.push_back(estimate);
  }
  return summary;
}

ScenarioSummary summarise(const ScenarioResult& result) {
  ScenarioSummary summary;
  summary.used = choose(result.repetitions, summary.only_disturbed);
  const auto response = [](const RepetitionResult& r) -> const Histogram& { return r.response; };
  const auto service = [](const RepetitionResult& r) -> const Histogram& { return r.service; };
  const auto pacing = [](const RepetitionResult& r) -> const Histogram& { return r.pacing.lag; };
  summary.response = latency_of(result, summary.used, response);
  summary.service = latency_of(result, summary.used, service);
  if (result.scenario.load.open_loop()) {
    summary.intended_rate = intended_rate(result.scenario);
    summary.pacing = latency_of(result, summary.used, pacing);
  }
  for (const RepetitionResult& repetition : result.repetitions) {
    summary.all_counts += repetition.counts;
  }
  summary.availability = availability(result);
  for (const std::uint32_t i : summary.used) {
    const RepetitionResult& repetition = result.repetitions[i];
    summary.counts += repetition.counts;
    summary.late += repetition.pacing.late;
    summary.overdue += repetition.pacing.overdue;
    summary.unsent += repetition.pacing.unsent;
  }
  summary.copies = MessageFlow(result.scenario).copies();
  summary.stages = summarise_stages(result, summary.used);
  summary.receivers = summarise_receivers(result, summary.used);
  summary.floor = summarise_floor(result, summary.used, summary.response);
  summary.floor_during = summarise_floor_during(result, summary.used);
  const auto median = [&](auto field) { return median_over(result, summary.used, field); };
  summary.offered_rate = median([](const RepetitionResult& r) { return r.offered_rate; });
  summary.achieved_rate = median([](const RepetitionResult& r) { return r.achieved_rate; });
  summary.received_rate = median([](const RepetitionResult& r) { return r.received_rate; });
  summary.users = summarise_users(result, summary.used);
  summary.cpu = summarise_cpu(result, summary.used);
  summary.rss = most_memory(result, [](const MemoryResult& one) { return one.peak; });
  summary.memory_growth = most_memory(result, [](const MemoryResult& one) { return one.growth(); });
  summary.memory_growth_most =
      most_memory(result, [](const MemoryResult& one) { return one.growth_at_most(); });
  summary.classes = summarise_classes(result, summary);
  summary.part = std::any_of(summary.used.begin(), summary.used.end(), [&](std::uint32_t i) {
    return result.repetitions[i].missed.has_value();
  });
  if (!summary.part) return summary;
  summary.response.withhold();
  summary.service.withhold();
  if (summary.pacing) summary.pacing->withhold();
  for (ClassSummary& one : summary.classes) one.response.withhold();
  return summary;
}

}  // namespace busmark
