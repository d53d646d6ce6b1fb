// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "judge/compare.hpp"
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

/// From here on the values are others than before.
struct ChangePoint {
  std::size_t at = 0;  ///< The first of the later values.
  double before = 0;   ///< Medians of the stretches on either side.
  double after = 0;
};

/// Values on either side of a change point: with fewer no test could tell.
inline constexpr std::size_t kShortestStretch = 4;

/// Where the level of the values changes by more than `threshold`: the series is halved where the
/// means before and behind are farthest apart, as long as fewer permutations of it than
/// `significance` have a place as far apart. The error is spent once: each part is allowed its
/// share of the series, so that a series of one level has any change point in at most
/// `significance` of cases, and one of several has a false one in no more. Values that remember
/// those before them count for as few as autocorrelation_bound() makes them; outliers count as far
/// as Tukey's fences. Positive values. Pure, and the same every time. Sources: Matteson and James,
/// A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data, 2014
/// (E-divisive: halving by permutations); Meinshausen, Hierarchical Testing of Variable Importance,
/// 2008 (shares of the error).
[[nodiscard]] std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                                          double threshold,
                                                          double significance = kSignificance);

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
