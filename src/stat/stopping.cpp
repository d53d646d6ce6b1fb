// SPDX-License-Identifier: Apache-2.0
#include "stat/stopping.hpp"

#include <algorithm>
#include <limits>

namespace busmark {
namespace {

/// Of a look that may be followed by others.
constexpr double kLookConfidence = 0.99;

bool is_met(const PrecisionGoal& goal, const PercentileIntervals& so_far, double confidence) {
  return relative_half_width(so_far.of(goal.percentile, confidence)) <= goal.half_width;
}

bool is_decided(const PercentileLimit& limit, const PercentileIntervals& so_far,
                double confidence) {
  const PercentileInterval interval = so_far.of(limit.percentile, confidence);
  return interval.known && (interval.high < limit.limit || interval.low > limit.limit);
}

}  // namespace

std::vector<std::uint32_t> looks_of(const StoppingRule& rule) {
  const std::uint32_t first = std::max(rule.planned, 1U);
  const std::uint32_t last = std::max(rule.most, first);
  std::vector<std::uint32_t> looks{first};
  while (looks.back() < last) {
    // Doubled, or in fewer and larger steps where that would take too many looks.
    const auto left = static_cast<std::uint32_t>(kMostLooks - looks.size());
    const std::uint32_t doubled = looks.back() * 2;
    looks.push_back(left <= 1 || doubled >= last ? last : doubled);
  }
  return looks;
}

double relative_half_width(const PercentileInterval& interval) noexcept {
  const bool bounded = interval.known && interval.high != kNever && interval.value.count() > 0;
  if (!bounded) return std::numeric_limits<double>::infinity();
  const Nanoseconds farther =
      std::max(interval.high - interval.value, interval.value - interval.low);
  return static_cast<double>(farther.count()) / static_cast<double>(interval.value.count());
}

StoppingAnswer look(const StoppingRule& rule, const PercentileIntervals& so_far,
                    std::uint32_t repetitions) {
  const std::vector<std::uint32_t> looks = looks_of(rule);
  const auto next = std::upper_bound(looks.begin(), looks.end(), repetitions);
  const bool last = next == looks.end();
  if (rule.goals.empty() && rule.limits.empty()) {
    if (repetitions < looks.front()) return {StopReason::go_on, looks.front()};
    return {StopReason::planned, 0};
  }
  if (std::find(looks.begin(), looks.end(), repetitions) == looks.end() && !last) {
    return {StopReason::go_on, *next};
  }
  const double confidence = last ? kConfidence : kLookConfidence;
  const bool enough =
      std::all_of(rule.goals.begin(), rule.goals.end(),
                  [&](const auto& goal) { return is_met(goal, so_far, confidence); }) &&
      std::all_of(rule.limits.begin(), rule.limits.end(),
                  [&](const auto& limit) { return is_decided(limit, so_far, confidence); });
  if (enough) return {StopReason::enough, 0};
  if (last) return {StopReason::at_most, 0};
  return {StopReason::go_on, *next};
}

}  // namespace busmark
