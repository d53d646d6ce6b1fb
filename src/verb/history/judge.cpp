// SPDX-License-Identifier: Apache-2.0
#include "verb/history/judge.hpp"

#include <algorithm>
#include <cmath>

#include "stat/statistics.hpp"

namespace busmark {

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
    series.changes = find_change_points(series.values, threshold,
                                        kSignificance / static_cast<double>(all.size()));
  }
  return all;
}

}  // namespace busmark
