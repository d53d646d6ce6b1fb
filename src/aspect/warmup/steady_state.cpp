// SPDX-License-Identifier: Apache-2.0
#include "aspect/warmup/steady_state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace busmark {
namespace {

constexpr std::size_t kMostPoints = 900;  // so that two thirds are what Theil and Sen take
constexpr std::size_t kBatch = 5;         // windows; MSER-5

/// Two by two, each pair as its mean: half as many points.
void halve(std::vector<SeriesPoint>& series) {
  for (std::size_t i = 0; i + 1 < series.size(); i += 2) {
    const SeriesPoint& a = series[i];
    const SeriesPoint& b = series[i + 1];
    series[i / 2] = {(a.x + b.x) / 2, (a.y + b.y) / 2};
  }
  series.resize(series.size() / 2);
}

/// Where to cut so that the mean of the rest has the smallest standard error; of the first three
/// quarters, for a rest of a few is always calm by chance.
std::size_t mser_cut(std::span<const double> values) {
  std::size_t best = 0;
  double smallest = std::numeric_limits<double>::infinity();
  double sum = 0;
  double squares = 0;
  for (std::size_t i = values.size(); i-- > 0;) {
    sum += values[i];
    squares += values[i] * values[i];
    const auto count = static_cast<double>(values.size() - i);
    const double error = (squares - sum * sum / count) / (count * count);
    if (4 * i > 3 * values.size() || error > smallest) continue;
    smallest = error;
    best = i;
  }
  return best;
}

/// Between the medians of both sides of the cut, in the unit of the values. The medians of batches
/// are cut: one window that the machine disturbed is no jump.
double jump_in(std::span<const double> values, double level) {
  std::vector<double> batches;
  for (std::size_t i = values.size() % kBatch; i < values.size(); i += kBatch) {
    batches.push_back(median(values.subspan(i, kBatch)) - level);
  }
  const std::size_t cut = mser_cut(batches);
  if (cut == 0) return 0;
  const std::span<const double> all(batches);
  return std::abs(median(all.first(cut)) - median(all.subspan(cut)));
}

/// A level of 0 is what the clock cannot tell from none; then only a distance of 0 is steady.
double share(double distance, double level) { return distance == 0 ? 0 : distance / level; }

bool is_steady(const std::optional<Trend>& trend) noexcept {
  return trend && trend->most < SteadyState::kLimit && trend->jump < SteadyState::kLimit;
}

}  // namespace

bool SteadyState::add(Nanoseconds end, double median_ns, double rate) {
  ++windows_;
  median_.push_back({in_seconds(end), median_ns});
  rate_.push_back({in_seconds(end), rate});
  if (median_.size() >= kMostPoints) {
    halve(median_);
    halve(rate_);
  }
  if (windows_ < next_look_) return false;
  next_look_ += next_look_ / 4;
  return steady();
}

bool SteadyState::steady() const {
  return is_steady(median_trend()) && (!with_rate_ || is_steady(rate_trend()));
}

std::optional<Trend> SteadyState::trend_of(const std::vector<SeriesPoint>& series) const {
  if (windows_ < kFewestWindows) return std::nullopt;
  const auto last = std::span(series).subspan(series.size() / 3);
  std::vector<double> values;
  for (const SeriesPoint& point : last) values.push_back(point.y);
  const double level = std::abs(median(values));
  const double span = last.back().x - last.front().x;
  const SlopeEstimate slope = *theil_sen(last, Memory::as_seen);
  double most = std::numeric_limits<double>::infinity();
  if (slope.bounded()) most = std::max(std::abs(*slope.low), std::abs(*slope.high));
  return Trend{.moved = share(std::abs(slope.slope) * span, level),
               .most = share(most * span, level),
               .jump = share(jump_in(values, median(values)), level),
               .windows = windows_ - windows_ / 3};
}

}  // namespace busmark
