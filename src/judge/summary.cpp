// SPDX-License-Identifier: Apache-2.0
#include "judge/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aspect/floor/summary.hpp"
#include "aspect/mix/summary.hpp"
#include "aspect/process/cpu_overhead.hpp"
#include "aspect/stages/summary.hpp"
#include "aspect/users/summary.hpp"
#include "engine/load_curve.hpp"
#include "judge/receivers.hpp"
#include "record/message_flow.hpp"
#include "stat/mean_interval.hpp"

namespace busmark {
namespace {

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

template <typename SourceOf>
LatencySummary latency_of(const ScenarioResult& result, const std::vector<std::uint32_t>& used,
                          std::uint32_t copies, SourceOf source_of) {
  std::vector<LatencySource> sources;
  for (const std::uint32_t i : used) sources.push_back(source_of(result.repetitions[i]));
  return summarise_latency(sources, result.scenario.budget, copies);
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

/// An open loop is asked for its rate, which then varies with the draw of its arrivals alone.
std::optional<RealInterval> achieved_interval(const ScenarioResult& result,
                                              const std::vector<std::uint32_t>& used) {
  if (result.scenario.load.open_loop()) return std::nullopt;
  std::vector<double> rates;
  for (const std::uint32_t i : used) rates.push_back(result.repetitions[i].achieved_rate);
  return mean_interval(rates);
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

ScenarioSummary summarise(const ScenarioResult& result) {
  ScenarioSummary summary;
  summary.used = choose(result.repetitions, summary.only_disturbed);
  summary.copies = MessageFlow(result.scenario).copies();
  summary.window = result.scenario.duration;
  const std::uint32_t copies = summary.copies;
  summary.response = latency_of(result, summary.used, copies, [=](const RepetitionResult& one) {
    return response_of(one, copies);
  });
  summary.service = latency_of(result, summary.used, copies, [=](const RepetitionResult& one) {
    return LatencySource{.all = &one.service, .missing = missing_of(one, copies)};
  });
  if (result.scenario.load.open_loop()) {
    summary.intended_rate = intended_rate(result.scenario);
    summary.pacing = latency_of(result, summary.used, 1, [](const RepetitionResult& one) {
      return LatencySource{.all = &one.pacing.lag, .missing = one.pacing.unsent};
    });
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
    summary.backlog += repetition.pacing.backlog;
  }
  summary.stages = summarise_stages(result, summary.used);
  summary.receivers = summarise_receivers(result, summary.used);
  summary.floor = summarise_floor(result, summary.used, summary.response);
  summary.floor_during = summarise_floor_during(result, summary.used);
  const auto median = [&](auto field) { return median_over(result, summary.used, field); };
  summary.offered_rate = median([](const RepetitionResult& r) { return r.offered_rate; });
  summary.achieved_rate = median([](const RepetitionResult& r) { return r.achieved_rate; });
  summary.received_rate = median([](const RepetitionResult& r) { return r.received_rate; });
  summary.achieved_interval = achieved_interval(result, summary.used);
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
