// SPDX-License-Identifier: Apache-2.0
#include "stat/theil_sen.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace busmark {
namespace {

constexpr std::size_t kMostPoints = 600;
constexpr std::size_t kMostExactPoints = 60;
constexpr double kTail = 0.025;
constexpr double kNormalQuantile = 1.959964;  // of 1 - kTail
constexpr double kUpperQuantile = 1.644854;   // of 0.95
constexpr double kRandomWalk = 0.995;

using Series = std::vector<SeriesPoint>;

/// Successive points in blocks of equal size, each as its mean time and the median of its values.
Series in_blocks(std::span<const SeriesPoint> series) {
  if (series.size() <= kMostPoints) return {series.begin(), series.end()};
  const std::size_t size = (series.size() + kMostPoints - 1) / kMostPoints;
  Series blocks;
  std::vector<double> values;
  for (std::size_t begin = 0; begin < series.size(); begin += size) {
    const auto block = series.subspan(begin, std::min(size, series.size() - begin));
    double times = 0;
    values.clear();
    for (const SeriesPoint& point : block) {
      times += point.x;
      values.push_back(point.y);
    }
    blocks.push_back({times / static_cast<double>(block.size()), median(values)});
  }
  return blocks;
}

std::vector<double> slopes_of(const Series& series) {
  std::vector<double> slopes;
  slopes.reserve(series.size() * (series.size() - 1) / 2);
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      slopes.push_back((series[j].y - series[i].y) / (series[j].x - series[i].x));
    }
  }
  std::sort(slopes.begin(), slopes.end());
  return slopes;
}

/// Largest C such that among n independent points Kendall's S, concordant less discordant pairs,
/// stays within -C .. C with a chance of 95 % or more; empty where none does.
std::optional<double> kendall_quantile(std::size_t n) {
  const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
  if (n > kMostExactPoints) {
    const auto points = static_cast<double>(n);
    return kNormalQuantile * std::sqrt(points * (points - 1) * (2 * points + 5) / 18);
  }
  // chance[d]: of d discordant pairs; each further point makes 0 to i of them, all alike.
  std::vector<double> chance{1};
  for (std::size_t i = 1; i < n; ++i) {
    std::vector<double> next(chance.size() + i);
    for (std::size_t d = 0; d < chance.size(); ++d) {
      for (std::size_t more = 0; more <= i; ++more) {
        next[d + more] += chance[d] / static_cast<double>(i + 1);
      }
    }
    chance = std::move(next);
  }
  double tail = 0;
  std::size_t rank = 0;  // so many of the lowest slopes are below the true one by rare chance only
  while (rank < chance.size() && tail + chance[rank] <= kTail) tail += chance[rank++];
  if (rank == 0) return std::nullopt;
  return pairs - 2 * static_cast<double>(rank);
}

/// Ranks from 1, the mean rank for ties.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) {
      ranks[order[i]] = static_cast<double>(begin + 1 + end) / 2;
    }
    begin = end;
  }
  return ranks;
}

/// How the variance of S weighs the autocorrelation at a lag (Hamed and Rao, equation 12).
double weight(double points, std::size_t lag) noexcept {
  const double left = points - static_cast<double>(lag);
  return 2 * left * (left - 1) * (left - 2) / (points * (points - 1) * (points - 2));
}

/// Autocorrelation of centred values at a lag, `squares` being the sum of theirs.
double correlation_at(const std::vector<double>& centred, double squares, std::size_t lag) {
  double product = 0;
  for (std::size_t i = lag; i < centred.size(); ++i) product += centred[i] * centred[i - lag];
  return product / squares;
}

/// What the variance of S grows by where each point remembers the one before it.
double growth_by_memory(double first, std::size_t points) {
  double growth = 1;
  double correlation = 1;
  for (std::size_t lag = 1; lag + 2 < points; ++lag) {
    correlation *= first;
    growth += weight(static_cast<double>(points), lag) * correlation;
  }
  return growth;
}

/// The same by whatever significant autocorrelation there is up to a quarter of the series.
double growth_by_lags(const std::vector<double>& centred, double squares) {
  const auto points = static_cast<double>(centred.size());
  const double significant = kNormalQuantile / std::sqrt(points);
  double growth = 1;
  for (std::size_t lag = 1; lag <= centred.size() / 4; ++lag) {
    const double correlation = correlation_at(centred, squares, lag);
    if (std::abs(correlation) > significant) growth += weight(points, lag) * correlation;
  }
  return growth;
}

/// By how much the standard deviation of S grows for what the line leaves over; 1 or more.
double stretch_of(const Series& series, double slope, Memory memory) {
  std::vector<double> rest;
  for (const SeriesPoint& point : series) rest.push_back(point.y - slope * point.x);
  std::vector<double> ranks = ranks_of(rest);
  const double mean = (static_cast<double>(series.size()) + 1) / 2;
  double squares = 0;
  for (double& rank : ranks) {
    rank -= mean;
    squares += rank * rank;
  }
  if (squares <= 0) return 1;  // on the line, or constant
  double growth = std::max(1.0, growth_by_lags(ranks, squares));
  if (memory == Memory::as_it_may_be && series.size() >= kFewestForAutocorrelation) {
    const double first = autocorrelation_bound(correlation_at(ranks, squares, 1), series.size());
    // Beyond all pairs: no bounds.
    growth = first >= kRandomWalk ? static_cast<double>(series.size())
                                  : std::max(growth, growth_by_memory(first, series.size()));
  }
  return std::sqrt(growth);
}

}  // namespace

double median(std::span<const double> values) {
  if (values.empty()) return 0;
  std::vector<double> copy(values.begin(), values.end());
  const auto at = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), at, copy.end());
  if (copy.size() % 2 == 1) return *at;
  return (*at + *std::max_element(copy.begin(), at)) / 2;
}

double autocorrelation_bound(double correlation, std::size_t points) {
  // A line or two levels take two degrees of freedom: the mean of what is seen lies lower than the
  // truth r by (2 + 4 r) / n.
  const auto count = static_cast<double>(points);
  const double unbiased = (count * correlation + 2) / (count - 4);
  const double error = std::sqrt(std::max(0.0, 1 - unbiased * unbiased) / count);
  return std::clamp(unbiased + kUpperQuantile * error, 0.0, 1.0);
}

std::optional<SlopeEstimate> theil_sen(std::span<const SeriesPoint> series, Memory memory) {
  if (series.size() < 2) return std::nullopt;
  const Series points = in_blocks(series);
  const std::vector<double> slopes = slopes_of(points);
  SlopeEstimate estimate{.slope = median(slopes), .low = {}, .high = {}, .points = points.size()};
  if (points.size() < kFewestForSlope) return estimate;
  const std::optional<double> quantile = kendall_quantile(points.size());
  if (!quantile) return estimate;
  estimate.stretch = stretch_of(points, estimate.slope, memory);
  const auto pairs = static_cast<double>(slopes.size());
  const double rank = std::floor((pairs - *quantile * estimate.stretch) / 2);
  if (rank < 1) return estimate;
  const auto index = static_cast<std::size_t>(rank);
  estimate.low = slopes[index - 1];
  estimate.high = slopes[slopes.size() - index];
  return estimate;
}

}  // namespace busmark
