// SPDX-License-Identifier: Apache-2.0
#include "judge/paired.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "stat/aligned_ranks.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

constexpr std::size_t kMostRounds = 100'000;

/// How far again / a is from none, by the rounds that have both.
double noise_of(const PairedBlocks& blocks) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < std::min(blocks.again.size(), blocks.a.size()); ++i) {
    const double log = std::log(blocks.again[i] / blocks.a[i]);
    if (std::isfinite(log)) logs.push_back(log);
  }
  if (logs.empty()) return 0;
  const MedianEstimate null = estimate_median(logs);
  return std::expm1(std::max(std::abs(null.low), std::abs(null.high)));
}

std::size_t rounds_for(const PairedEstimate& estimate, double threshold, double weight) {
  // The interval shrinks with the root of the rounds until its nearer end leaves the threshold.
  const double distance = std::abs(std::abs(estimate.effect) - threshold);
  const double half = (estimate.high - estimate.low) / 2;
  const double grow = distance > 0 ? std::max(1.0, half / distance) : 1e9;
  const auto rounds = static_cast<double>(estimate.rounds);
  double needed = std::isfinite(grow) ? rounds * grow * grow : 2 * rounds;
  std::size_t unanimous = kFewestRounds;
  while (least_aligned_p(unanimous) >= kSignificance * weight) ++unanimous;
  needed = std::max({needed, static_cast<double>(unanimous), rounds + 1});
  return needed > static_cast<double>(kMostRounds)
             ? 0
             : static_cast<std::size_t>(std::ceil(needed - 1e-6));
}

}  // namespace

PairedEstimate estimate_paired(const PairedBlocks& blocks, double alpha) {
  PairedEstimate estimate;
  std::vector<RoundValues> rounds;
  const std::size_t all = std::min({blocks.a.size(), blocks.b.size(), blocks.again.size()});
  for (std::size_t i = 0; i < all; ++i) {
    rounds.push_back({std::log(blocks.a[i]), std::log(blocks.b[i]), std::log(blocks.again[i])});
  }
  estimate.rounds = all;
  if (all == 0) return estimate;
  const ShiftEstimate shift = estimate_shift(rounds, alpha);
  estimate.effect = std::expm1(shift.value);
  estimate.low = std::expm1(shift.low);
  estimate.high = std::expm1(shift.high);
  estimate.p_value = aligned_rank_tails(rounds).two_sided();
  estimate.noise = noise_of(blocks);
  return estimate;
}

PairedVerdict judge_paired(const PairedEstimate& estimate, double p_value, double threshold,
                           bool more_is_better, double weight) {
  PairedVerdict verdict;
  if (estimate.rounds < kFewestRounds) {
    verdict.rounds_needed = kFewestRounds;
    verdict.reason =
        fmt::format("{} rounds are too few; {} are the least", estimate.rounds, kFewestRounds);
    return verdict;
  }
  if (estimate.low >= -threshold && estimate.high <= threshold) {
    verdict.change = Change::none;
    return verdict;
  }
  const bool beyond = estimate.low > threshold || estimate.high < -threshold;
  if (beyond && p_value < kSignificance) {
    verdict.change = (estimate.effect > 0) == more_is_better ? Change::improved : Change::regressed;
    return verdict;
  }
  verdict.rounds_needed = rounds_for(estimate, threshold, weight);
  if (verdict.rounds_needed == 0) {
    verdict.reason =
        fmt::format("{} rounds cannot tell, nor would {}", estimate.rounds, kMostRounds);
  } else {
    verdict.reason = fmt::format("{} rounds cannot tell; about {} would", estimate.rounds,
                                 verdict.rounds_needed);
  }
  return verdict;
}

}  // namespace busmark
