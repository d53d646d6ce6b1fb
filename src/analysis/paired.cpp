// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/paired.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "busmark/analysis/statistics.hpp"

namespace busmark {
namespace {

constexpr std::size_t kMostRounds = 1000;

std::vector<double> log_quotients(std::span<const double> above, std::span<const double> below) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < std::min(above.size(), below.size()); ++i) {
    logs.push_back(std::log(above[i] / below[i]));
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

/// Values that say nothing of a direction do not count.
double sign_p(const std::vector<double>& values) {
  const auto up = static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [](double value) { return value > 0; }));
  const auto down = static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [](double value) { return value < 0; }));
  if (up + down == 0) return 1;
  return std::min(1.0, 2 * at_most_of_coins(std::min(up, down), up + down));
}

std::size_t rounds_for(const PairedEstimate& estimate, double threshold, std::size_t family) {
  // The interval shrinks with the root of the rounds until its nearer end leaves the threshold.
  const double distance = std::abs(std::abs(estimate.effect) - threshold);
  const double half = (estimate.high - estimate.low) / 2;
  const double grow = distance > 0 ? std::max(1.0, half / distance) : 1e9;
  double needed = static_cast<double>(estimate.rounds) * grow * grow;
  const double unanimous = std::ceil(std::log2(2 * static_cast<double>(family) / kSignificance));
  needed = std::max({needed, unanimous + 2, static_cast<double>(estimate.rounds + 1)});
  return needed > static_cast<double>(kMostRounds)
             ? 0
             : static_cast<std::size_t>(std::ceil(needed - 1e-6));
}

}  // namespace

PairedEstimate estimate_paired(const PairedBlocks& blocks) {
  PairedEstimate estimate;
  const std::vector<double> effects = log_quotients(blocks.b, blocks.a);
  const std::vector<double> nulls = log_quotients(blocks.again, blocks.a);
  estimate.rounds = effects.size();
  if (effects.empty() || nulls.empty()) return estimate;
  const MedianEstimate interval = estimate_median(effects);
  const MedianEstimate null = estimate_median(nulls);
  estimate.effect = std::expm1(interval.value);
  estimate.low = std::expm1(interval.low);
  estimate.high = std::expm1(interval.high);
  estimate.p_value = sign_p(effects);
  estimate.noise = std::expm1(std::max(std::abs(null.low), std::abs(null.high)));
  return estimate;
}

PairedVerdict judge_paired(const PairedEstimate& estimate, double p_value, double threshold,
                           bool more_is_better, std::size_t family) {
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
  const double size = std::abs(std::log1p(estimate.effect));
  const bool above_noise = size > std::log1p(estimate.noise);
  if (beyond && p_value < kSignificance && above_noise) {
    verdict.change = (estimate.effect > 0) == more_is_better ? Change::improved : Change::regressed;
    return verdict;
  }
  verdict.rounds_needed = rounds_for(estimate, threshold, family);
  if (beyond && !above_noise) {
    verdict.reason = fmt::format(
        "A and its copy may differ by up to {:.1f} %, no less than A and B", estimate.noise * 100);
  } else if (verdict.rounds_needed == 0) {
    verdict.reason =
        fmt::format("{} rounds cannot tell, nor would {}", estimate.rounds, kMostRounds);
  } else {
    verdict.reason = fmt::format("{} rounds cannot tell; about {} would", estimate.rounds,
                                 verdict.rounds_needed);
  }
  return verdict;
}

}  // namespace busmark
