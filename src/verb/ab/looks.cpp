// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "verb/ab/judge.hpp"

namespace busmark {
namespace {

constexpr double kLookRatio = 1.5;
constexpr int kMostOfSession = 12;

bool is_decided(const ScenarioChange& scenario) {
  bool primary = true;
  bool faults = true;
  bool broken = false;
  std::size_t rounds = 0;
  for (const MeasureChange& one : scenario.measures) {
    rounds = std::max<std::size_t>(rounds, one.rounds.value_or(0));
    const bool open = one.change == Change::inconclusive;
    if (one.primary) primary = !open;
    if (one.unit != MeasureUnit::share || one.measure == "disturbed") continue;
    faults = faults && !open;
    broken = broken || one.change == Change::regressed;
  }
  if (broken) return true;
  return scenario.not_compared.empty() && primary && faults && rounds >= kFewestToDecide;
}

}  // namespace

std::optional<double> AbLooks::due(double progress) noexcept {
  for (int before_end = 0; before_end < std::min(used_, kMostOfSession); ++before_end) {
    if (progress < std::pow(kLookRatio, -before_end)) continue;
    used_ = before_end;
    return last() * std::pow(kLookRatio, -before_end);
  }
  return std::nullopt;
}

double AbLooks::last() noexcept { return 1 - 1 / kLookRatio; }

bool is_decided(const RunComparison& comparison) {
  return !comparison.scenarios.empty() &&
         std::ranges::all_of(comparison.scenarios,
                             [](const ScenarioChange& one) { return is_decided(one); });
}

}  // namespace busmark
