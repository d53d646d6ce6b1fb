// SPDX-License-Identifier: Apache-2.0
#include "stat/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/binomial.hpp>

namespace busmark {
namespace {

constexpr std::size_t kMostExact = 60;
constexpr std::size_t kResamples = 2000;
const boost::math::normal kNormal;

/// Ranks times two, so that the mean rank of ties is whole.
struct Ranks {
  std::vector<std::size_t> doubled;  ///< In the order of `first` then `second`.
  double tie_term = 0;               ///< Sum of t^3 - t over groups of ties.
};

Ranks rank(std::span<const double> first, std::span<const double> second) {
  std::vector<double> values(first.begin(), first.end());
  values.insert(values.end(), second.begin(), second.end());
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Ranks ranks{.doubled = std::vector<std::size_t>(values.size()), .tie_term = 0};
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks.doubled[order[i]] = begin + 1 + end;
    const auto tied = static_cast<double>(end - begin);
    ranks.tie_term += tied * tied * tied - tied;
    begin = end;
  }
  return ranks;
}

/// ways[k][s]: how many choices of k of the ranks have the sum s.
double exact_p(const std::vector<std::size_t>& doubled, std::size_t chosen) {
  const std::size_t total = std::accumulate(doubled.begin(), doubled.end(), std::size_t{0});
  std::vector<std::vector<double>> ways(chosen + 1, std::vector<double>(total + 1));
  ways[0][0] = 1;
  for (const std::size_t rank : doubled) {
    for (std::size_t k = chosen; k > 0; --k) {
      for (std::size_t sum = total; sum >= rank; --sum) ways[k][sum] += ways[k - 1][sum - rank];
    }
  }
  const auto center = static_cast<double>(total) * static_cast<double>(chosen) /
                      static_cast<double>(doubled.size());
  const std::size_t seen_sum = std::accumulate(
      doubled.begin(), doubled.begin() + static_cast<std::ptrdiff_t>(chosen), std::size_t{0});
  constexpr double kRoundingError = 1e-9;
  const double seen = std::abs(static_cast<double>(seen_sum) - center) - kRoundingError;
  double as_far = 0;
  double all = 0;
  for (std::size_t sum = 0; sum <= total; ++sum) {
    all += ways[chosen][sum];
    if (std::abs(static_cast<double>(sum) - center) >= seen) as_far += ways[chosen][sum];
  }
  return as_far / all;
}

double approximate_p(const Ranks& ranks, double first, double second) {
  const double all = first + second;
  double sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(first); ++i) {
    sum += static_cast<double>(ranks.doubled[i]) / 2;
  }
  const double variance = first * second / 12 * (all + 1 - ranks.tie_term / (all * (all - 1)));
  if (variance <= 0) return 1;
  const double distance = std::max(0.0, std::abs(sum - first * (all + 1) / 2) - 0.5);
  return std::min(1.0, 2 * cdf(complement(kNormal, distance / std::sqrt(variance))));
}

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  return logs;
}

class Resampler {
 public:
  explicit Resampler(std::uint64_t seed) : random_(seed) {}

  double median_of_some(const std::vector<double>& values) {
    drawn_.clear();
    for (std::size_t i = 0; i < values.size(); ++i) {
      // The upper bits, scaled: the same in every standard library.
      drawn_.push_back(values[((random_() >> 32) * values.size()) >> 32]);
    }
    return median(drawn_);
  }

 private:
  std::mt19937_64 random_;
  std::vector<double> drawn_;
};

}  // namespace

double mann_whitney_p(std::span<const double> first, std::span<const double> second) {
  if (first.empty() || second.empty()) return 1;
  const Ranks ranks = rank(first, second);
  if (ranks.doubled.size() <= kMostExact) return exact_p(ranks.doubled, first.size());
  return approximate_p(ranks, static_cast<double>(first.size()),
                       static_cast<double>(second.size()));
}

double least_mann_whitney_p(std::size_t first, std::size_t second) {
  if (first == 0 || second == 0) return 1;
  if (first + second > kMostExact) return 0;
  const double orders = boost::math::binomial_coefficient<double>(
      static_cast<unsigned>(first + second), static_cast<unsigned>(first));
  return std::min(1.0, 2 / orders);
}

RatioInterval bootstrap_ratio(std::span<const double> first, std::span<const double> second,
                              std::uint64_t seed) {
  const std::vector<double> a = logarithms(first);
  const std::vector<double> b = logarithms(second);
  if (a.size() < kFewestForBootstrap || b.size() < kFewestForBootstrap) {
    const auto [a_low, a_high] = std::minmax_element(a.begin(), a.end());
    const auto [b_low, b_high] = std::minmax_element(b.begin(), b.end());
    return {.low = std::exp(*b_low - *a_high), .high = std::exp(*b_high - *a_low)};
  }
  Resampler resampler(seed);
  std::vector<double> drawn;
  for (std::size_t i = 0; i < kResamples; ++i) {
    const double of_first = resampler.median_of_some(a);
    drawn.push_back(resampler.median_of_some(b) - of_first);
  }
  std::sort(drawn.begin(), drawn.end());
  const auto at = [&](double share) {
    return std::exp(drawn[static_cast<std::size_t>(share * (kResamples - 1))]);
  };
  return {.low = at(0.025), .high = at(0.975)};
}

double mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double center = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - center) * (value - center);
  return squares / static_cast<double>(values.size() - 1);
}

double student_critical(double share, double degrees) {
  return quantile(complement(boost::math::students_t(degrees), share / 2));
}

std::optional<DifferenceOfMeans> compare_means(std::span<const double> first,
                                               std::span<const double> second) {
  if (first.empty() || second.empty() || first.size() + second.size() < 3) return std::nullopt;
  const auto of_first = static_cast<double>(first.size());
  const auto of_second = static_cast<double>(second.size());
  const double degrees = of_first + of_second - 2;
  const double squares = variance(first) * (of_first - 1) + variance(second) * (of_second - 1);
  const double deviation = std::sqrt(squares / degrees);
  const double error = deviation * std::sqrt(1 / of_first + 1 / of_second);
  const double difference = mean(second) - mean(first);
  const double half = student_critical(kSignificance, degrees) * error;
  DifferenceOfMeans found{
      .low = difference - half, .high = difference + half, .deviation = deviation};
  if (error > 0) {
    const boost::math::students_t student(degrees);
    found.p_value = 2 * cdf(complement(student, std::abs(difference) / error));
  } else {
    found.p_value = difference == 0 ? 1 : 0;
  }
  return found;
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  return holm_adjusted(p_values, std::vector<double>(p_values.size(), 1));
}

std::vector<double> holm_adjusted(std::span<const double> p_values,
                                  std::span<const double> weights) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return p_values[a] * weights[b] < p_values[b] * weights[a];
  });
  std::vector<double> adjusted(p_values.size());
  double left = std::accumulate(weights.begin(), weights.end(), 0.0);
  double highest = 0;
  for (const std::size_t i : order) {
    highest = std::max(highest, std::min(1.0, left / weights[i] * p_values[i]));
    adjusted[i] = highest;
    left -= weights[i];
  }
  return adjusted;
}

double at_most_of_coins(std::size_t few, std::size_t tries) {
  return cdf(boost::math::binomial(static_cast<double>(tries), 0.5), static_cast<double>(few));
}

MedianEstimate estimate_median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t count = sorted.size();
  std::size_t cut = 0;
  while (2 * (cut + 1) < count && 2 * at_most_of_coins(cut, count) <= kSignificance) ++cut;
  if (cut > 0) --cut;
  return {.value = median(sorted), .low = sorted[cut], .high = sorted[count - 1 - cut]};
}

}  // namespace busmark
