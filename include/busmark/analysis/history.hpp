// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "busmark/analysis/compare.hpp"

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

/// From here on the values are others than before.
struct ChangePoint {
  std::size_t at = 0;  ///< The first of the later values.
  double before = 0;   ///< Medians of the stretches on either side.
  double after = 0;
};

/// Values on either side of a change point: with fewer no test could tell.
inline constexpr std::size_t kShortestStretch = 4;

/// Where the level of the values changes by more than `threshold` and Mann and Whitney's test,
/// adjusted for all places tried, gives p < 0.05; found by halving again and again. Positive
/// values. Pure. Source: Pettitt, A Non-Parametric Approach to the Change-Point Problem (1979).
[[nodiscard]] std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                                          double threshold);

/// One measure of one scenario on one machine over time.
struct HistorySeries {
  std::string scenario;
  std::string machine;
  std::vector<std::size_t> runs{};  ///< Indices into the history.
  std::vector<double> values{};
  std::vector<ChangePoint> changes{};
};
/// In the order of first appearance; at most the `last` values of each.
[[nodiscard]] std::vector<HistorySeries> history_series(std::span<const HistoryEntry> history,
                                                        const std::string& measure,
                                                        std::size_t last, double threshold);

}  // namespace busmark
