// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "judge/compare.hpp"
#include "stat/change_points.hpp"
#include "stat/statistics.hpp"

namespace busmark {

/// One scenario of a run in a few figures, by the names of `measure_names`.
struct HistoryScenario {
  std::string name;
  std::string verdict;
  std::map<std::string, double> figures{};  ///< Medians over the repetitions used.
};

/// What a history keeps of a run.
struct HistoryEntry {
  std::string started_at;
  std::string run;
  std::string label;
  std::string note;
  std::string machine;  ///< Host and CPU: figures of two machines make no series.
  std::string version;
  bool quick = false;
  std::vector<HistoryScenario> scenarios{};
};
/// Scenarios that are invalid or were skipped have no figures. Pure.
[[nodiscard]] HistoryEntry history_entry(const StoredRun& run);

/// One measure of one scenario on one machine over time.
struct HistorySeries {
  std::string scenario;
  std::string machine;
  std::vector<std::size_t> runs{};  ///< Indices into the history.
  std::vector<double> values{};
  std::vector<ChangePoint> changes{};
};
/// In the order of first appearance; at most the `last` values of each. A history of which no level
/// changes has a change point in any of its series in at most 5 % of cases.
[[nodiscard]] std::vector<HistorySeries> history_series(std::span<const HistoryEntry> history,
                                                        const std::string& measure,
                                                        std::size_t last, double threshold);

}  // namespace busmark
