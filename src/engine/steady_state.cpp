// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/steady_state.hpp"

#include <algorithm>
#include <cmath>

namespace busmark {
namespace {

void keep_last(std::vector<SeriesPoint>& series, std::size_t most, SeriesPoint point) {
  if (series.size() == most) series.erase(series.begin());
  series.push_back(point);
}

bool is_steady(const std::optional<Trend>& trend) noexcept {
  if (!trend) return false;
  return trend->moved < SteadyState::kSettled ||
         (trend->moved < SteadyState::kUncertain && !trend->certain);
}

}  // namespace

bool SteadyState::add(Nanoseconds end, double median_ns, double rate) {
  ++windows_;
  const std::size_t most = std::clamp(windows_ / 2, kFewestWindows, kMostWindows);
  keep_last(median_, most, {in_seconds(end), median_ns});
  keep_last(rate_, most, {in_seconds(end), rate});
  return is_steady(median_trend()) && (!with_rate_ || is_steady(rate_trend()));
}

std::optional<Trend> SteadyState::trend_of(const std::vector<SeriesPoint>& series) {
  if (series.size() < kFewestWindows) return std::nullopt;
  std::vector<double> values;
  for (const SeriesPoint& point : series) values.push_back(point.y);
  const double level = median(values);
  const SlopeEstimate slope = *theil_sen(series);
  const double span = series.back().x - series.front().x;
  Trend trend;
  trend.windows = series.size();
  // A level of 0 is what the clock cannot tell from none; then only a slope of 0 is steady.
  trend.moved = slope.slope == 0 ? 0 : std::abs(slope.slope) * span / std::abs(level);
  trend.certain = !slope.bounded() || *slope.low > 0 || *slope.high < 0;
  return trend;
}

}  // namespace busmark
