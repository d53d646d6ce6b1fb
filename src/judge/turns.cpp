// SPDX-License-Identifier: Apache-2.0
#include "judge/turns.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "record/fields/field.hpp"
#include "record/percentiles.hpp"
#include "stat/mean_interval.hpp"
#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

/// The last try of each round; null where it says nothing.
std::vector<const RepetitionResult*> rounds_of(const ScenarioResult& scenario) {
  std::vector<const RepetitionResult*> rounds;
  for (const RepetitionResult& repetition : scenario.repetitions) {
    if (repetition.attempt == 1) rounds.push_back(nullptr);
    const bool counts = !repetition.disturbed() && !repetition.interrupted && !repetition.missed;
    if (counts && !rounds.empty()) rounds.back() = &repetition;
  }
  return rounds;
}

/// 0 where there is none.
using RoundFigure = std::function<double(const RepetitionResult&)>;

RoundFigure latency_at(Percentile percentile) {
  return [percentile](const RepetitionResult& repetition) {
    if (repetition.response.total() < samples_needed(percentile)) return 0.0;
    return static_cast<double>(repetition.response.value_at(percentile));
  };
}

}  // namespace

std::vector<StoredDifference> differences_by_turns(const ScenarioResult& above,
                                                   const ScenarioResult& one) {
  const auto first = rounds_of(above);
  const auto second = rounds_of(one);
  const std::pair<const char*, RoundFigure> figures[] = {
      {"p50", latency_at(kP50)},
      {"p95", latency_at(kP95)},
      {"rate", [](const RepetitionResult& repetition) { return repetition.received_rate; }},
  };
  std::vector<StoredDifference> differences;
  for (const auto& [measure, figure] : figures) {
    std::vector<double> quotients;
    double logarithms = 0;
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
      if (first[i] == nullptr || second[i] == nullptr) continue;
      const double quotient = figure(*second[i]) / figure(*first[i]);
      if (!(quotient > 0) || !std::isfinite(quotient)) continue;
      quotients.push_back(quotient);
      logarithms += std::log(quotient);
    }
    if (quotients.empty()) continue;
    StoredDifference difference{
        .measure = measure,
        .share = std::exp(logarithms / static_cast<double>(quotients.size())) - 1,
        .rounds = static_cast<std::uint32_t>(quotients.size())};
    if (const auto interval = mean_interval(quotients)) {
      difference.low = finite(interval->low - 1);
      difference.high = finite(interval->high - 1);
    }
    differences.push_back(std::move(difference));
  }
  return differences;
}

}  // namespace busmark
