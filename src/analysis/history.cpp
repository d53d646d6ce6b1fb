// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/history.hpp"

#include <algorithm>
#include <cmath>

#include "busmark/analysis/statistics.hpp"

namespace busmark {
namespace {

/// How far the ranks of the first `size` values lie from what chance would give, in standard
/// deviations, for each place to cut; the place of the greatest.
std::size_t likeliest_cut(std::span<const double> values) {
  const std::size_t count = values.size();
  const auto all = static_cast<double>(count);
  double best = -1;
  std::size_t cut = 0;
  double rank_sum = 0;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i + kShortestStretch < count; ++i) {
    const auto [below, above] = std::equal_range(sorted.begin(), sorted.end(), values[i]);
    const auto rank =
        static_cast<double>((below - sorted.begin()) + (above - sorted.begin()) + 1) / 2;
    rank_sum += rank;
    const auto size = static_cast<double>(i + 1);
    const double expected = size * (all + 1) / 2;
    const double deviation = std::sqrt(size * (all - size) * (all + 1) / 12);
    const double distance = std::abs(rank_sum - expected) / deviation;
    if (i + 1 >= kShortestStretch && distance > best) {
      best = distance;
      cut = i + 1;
    }
  }
  return cut;
}

void search(std::span<const double> values, std::size_t offset, double threshold,
            std::vector<ChangePoint>& found) {
  if (values.size() < 2 * kShortestStretch) return;
  const std::size_t cut = likeliest_cut(values);
  const auto before = values.first(cut);
  const auto after = values.subspan(cut);
  const auto places = static_cast<double>(values.size() - 2 * kShortestStretch + 1);
  const double p_value = std::min(1.0, places * mann_whitney_p(before, after));
  const double change = std::abs(std::log(median(after) / median(before)));
  if (p_value >= kSignificance || change <= std::log1p(threshold)) return;
  search(before, offset, threshold, found);
  found.push_back({.at = offset + cut, .before = 0, .after = 0});
  search(after, offset + cut, threshold, found);
}

}  // namespace

HistoryEntry history_entry(const StoredRun& run) {
  HistoryEntry entry;
  entry.started_at = run.started_at;
  entry.run = run.name;
  entry.label = run.label.value_or("");
  entry.note = run.note.value_or("");
  entry.machine = run.environment.machine.host + ", " + run.environment.machine.cpu_model;
  entry.version = run.environment.machine.build.version;
  entry.quick = run.quick;
  for (const StoredScenario& scenario : run.scenarios) {
    HistoryScenario& kept = entry.scenarios.emplace_back();
    kept.name = scenario.name;
    kept.verdict = to_string(scenario.verdict);
    if (!why_not_comparable(scenario).empty()) continue;
    for (const Measure& measure : all_measures()) {
      std::vector<double> values;
      for (const StoredRepetition& repetition : scenario.repetitions) {
        const auto value = repetition.used ? measure.read(repetition) : std::nullopt;
        if (value && std::isfinite(*value) && *value > 0) values.push_back(*value);
      }
      if (!values.empty()) kept.figures[measure.name] = median(values);
    }
  }
  return entry;
}

std::vector<ChangePoint> find_change_points(std::span<const double> values, double threshold) {
  std::vector<ChangePoint> found;
  search(values, 0, threshold, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : found[i - 1].at;
    const std::size_t end = i + 1 < found.size() ? found[i + 1].at : values.size();
    found[i].before = median(values.subspan(begin, found[i].at - begin));
    found[i].after = median(values.subspan(found[i].at, end - found[i].at));
  }
  return found;
}

std::vector<HistorySeries> history_series(std::span<const HistoryEntry> history,
                                          const std::string& measure, std::size_t last,
                                          double threshold) {
  std::vector<HistorySeries> all;
  for (std::size_t run = 0; run < history.size(); ++run) {
    for (const HistoryScenario& scenario : history[run].scenarios) {
      const auto figure = scenario.figures.find(measure);
      if (figure == scenario.figures.end()) continue;
      auto series = std::find_if(all.begin(), all.end(), [&](const HistorySeries& one) {
        return one.scenario == scenario.name && one.machine == history[run].machine;
      });
      if (series == all.end()) {
        series = all.insert(all.end(), {scenario.name, history[run].machine});
      }
      series->runs.push_back(run);
      series->values.push_back(figure->second);
    }
  }
  for (HistorySeries& series : all) {
    if (series.values.size() > last) {
      const auto surplus = static_cast<std::ptrdiff_t>(series.values.size() - last);
      series.values.erase(series.values.begin(), series.values.begin() + surplus);
      series.runs.erase(series.runs.begin(), series.runs.begin() + surplus);
    }
    series.changes = find_change_points(series.values, threshold);
  }
  return all;
}

}  // namespace busmark
