// SPDX-License-Identifier: Apache-2.0
#include "stat/aligned_ranks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <boost/math/distributions/normal.hpp>

namespace busmark {
namespace {

constexpr std::size_t kMostCounted = 12;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double less(double value, double middle) noexcept { return value == middle ? 0 : value - middle; }

/// Each value less the median of its round; without rounds that say nothing.
std::vector<RoundValues> align(std::span<const RoundValues> rounds, double shift) {
  std::vector<RoundValues> aligned;
  aligned.reserve(rounds.size());
  for (RoundValues round : rounds) {
    round[kPlaceOfB] -= shift;
    const auto [low, high] = std::minmax({round[0], round[1], round[2]});
    if (low == high) continue;
    const double middle =
        std::max(std::min(round[0], round[1]), std::min(std::max(round[0], round[1]), round[2]));
    for (double& value : round) value = less(value, middle);
    aligned.push_back(round);
  }
  return aligned;
}

/// Of each round what its three places would add to the sum: three times a rank less all three, so
/// that they add up to 0. Ranks are times two, so that those of ties are whole.
using Scores = std::array<std::int64_t, 3>;

std::vector<Scores> scores_of(const std::vector<RoundValues>& aligned) {
  struct Placed {
    double value;
    std::size_t place;
  };
  std::vector<Placed> sorted;
  sorted.reserve(aligned.size() * 3);
  for (const RoundValues& round : aligned) {
    for (const double value : round) sorted.push_back({value, sorted.size()});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Placed& a, const Placed& b) { return a.value < b.value; });
  std::vector<Scores> scores(aligned.size());
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end].value == sorted[begin].value) ++end;
    for (std::size_t i = begin; i < end; ++i) {
      scores[sorted[i].place / 3][sorted[i].place % 3] = static_cast<std::int64_t>(begin + 1 + end);
    }
    begin = end;
  }
  for (Scores& round : scores) {
    const std::int64_t sum = round[0] + round[1] + round[2];
    for (std::int64_t& rank : round) rank = 3 * rank - sum;
  }
  return scores;
}

RankTails exact_tails(const std::vector<Scores>& scores, std::int64_t seen) {
  std::int64_t most = 0;
  for (const Scores& round : scores) {
    most += std::max({std::abs(round[0]), std::abs(round[1]), std::abs(round[2])});
  }
  const auto width = static_cast<std::size_t>(2 * most + 1);
  std::vector<double> chance(width);
  std::vector<double> next(width);
  chance[static_cast<std::size_t>(most)] = 1;
  for (const Scores& round : scores) {
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t at = 0; at < width; ++at) {
      if (chance[at] == 0) continue;
      for (const std::int64_t score : round) {
        next[static_cast<std::size_t>(static_cast<std::int64_t>(at) + score)] += chance[at] / 3;
      }
    }
    std::swap(chance, next);
  }
  RankTails tails{.above = 0, .below = 0};
  const auto place = static_cast<std::size_t>(seen + most);
  for (std::size_t at = 0; at < width; ++at) {
    if (at >= place) tails.above += chance[at];
    if (at <= place) tails.below += chance[at];
  }
  return tails;
}

RankTails normal_tails(const std::vector<Scores>& scores, std::int64_t seen) {
  double variance = 0;
  for (const Scores& round : scores) {
    for (const std::int64_t score : round) {
      variance += static_cast<double>(score) * static_cast<double>(score) / 3;
    }
  }
  const double z = static_cast<double>(seen) / std::sqrt(variance);
  const boost::math::normal normal;
  return {.above = cdf(complement(normal, z)), .below = cdf(normal, z)};
}

std::int64_t sum_of_b(const std::vector<Scores>& scores) {
  std::int64_t sum = 0;
  for (const Scores& round : scores) sum += round[kPlaceOfB];
  return sum;
}

/// Where a condition that holds below and not above changes, between two ends.
template <typename Holds>
double edge(double low, double high, Holds holds) {
  if (!holds(low)) return -kInfinity;
  if (holds(high)) return kInfinity;
  constexpr int kHalvings = 18;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = low + (high - low) / 2;
    (holds(middle) ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

double RankTails::two_sided() const noexcept { return std::min(1.0, 2 * std::min(above, below)); }

RankTails aligned_rank_tails(std::span<const RoundValues> rounds, double shift) {
  const std::vector<Scores> scores = scores_of(align(rounds, shift));
  if (scores.empty()) return {};
  const std::int64_t seen = sum_of_b(scores);
  return scores.size() <= kMostCounted ? exact_tails(scores, seen) : normal_tails(scores, seen);
}

ShiftEstimate estimate_shift(std::span<const RoundValues> rounds, double alpha) {
  double low = kInfinity;
  double high = -kInfinity;
  for (const RoundValues& round : rounds) {
    for (const double other : {round[0], round[2]}) {
      const double shift = round[kPlaceOfB] - other;
      if (!std::isfinite(shift)) continue;
      low = std::min(low, shift);
      high = std::max(high, shift);
    }
  }
  if (low > high) return {};
  // Beyond the outermost differences nothing changes any more.
  const double margin = std::max((high - low) / 16, 1e-9 * (1 + std::abs(low) + std::abs(high)));
  low -= margin;
  high += margin;
  const auto sum = [&](double shift) { return sum_of_b(scores_of(align(rounds, shift))); };
  const double first = edge(low, high, [&](double shift) { return sum(shift) > 0; });
  const double last = edge(low, high, [&](double shift) { return sum(shift) >= 0; });
  ShiftEstimate estimate;
  estimate.value = first == last ? first : first + (last - first) / 2;
  estimate.low = edge(low, high, [&](double shift) {
    return aligned_rank_tails(rounds, shift).above <= alpha / 2;
  });
  estimate.high = edge(
      low, high, [&](double shift) { return aligned_rank_tails(rounds, shift).below > alpha / 2; });
  return estimate;
}

RankTails event_tails(std::span<const RoundEvents> rounds) {
  // B's share of the rounds that say something: Poisson's binomial distribution.
  std::vector<double> chance{1};
  std::size_t seen = 0;
  for (const RoundEvents& round : rounds) {
    const int count = (round.a ? 1 : 0) + (round.b ? 1 : 0) + (round.again ? 1 : 0);
    if (count == 0 || count == 3) continue;
    const double share = count / 3.0;
    chance.push_back(0);
    for (std::size_t i = chance.size() - 1; i > 0; --i) {
      chance[i] = chance[i] * (1 - share) + chance[i - 1] * share;
    }
    chance[0] *= 1 - share;
    seen += round.b ? 1U : 0U;
  }
  RankTails tails{.above = 0, .below = 0};
  for (std::size_t i = 0; i < chance.size(); ++i) {
    if (i >= seen) tails.above += chance[i];
    if (i <= seen) tails.below += chance[i];
  }
  return tails;
}

double least_aligned_p(std::size_t rounds) noexcept {
  return std::min(1.0, 2 * std::pow(3.0, -static_cast<double>(rounds)));
}

}  // namespace busmark
