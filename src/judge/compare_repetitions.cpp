// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "judge/compare.hpp"
#include "judge/compare_sides.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint32_t kMostRepetitions = 1000;  // what `run.repetitions` takes

std::vector<double> values(const Repetitions& repetitions, const Measure& measure) {
  std::vector<double> read;
  for (const StoredRepetition* repetition : repetitions) {
    const auto value = measure.read(*repetition);
    if (value && std::isfinite(*value) && *value > 0) read.push_back(*value);
  }
  return read;
}

/// Numbers alone; what they mean is judged when all p values are known. Empty where a side cannot
/// tell the measure in every repetition.
std::optional<MeasureChange> measure_repetitions(const ComparedPair& pair, const Measure& measure) {
  const std::vector<double> before = values(pair.old_side.runs.front().repetitions, measure);
  const std::vector<double> after = values(pair.new_side.runs.front().repetitions, measure);
  if (before.size() < pair.old_side.runs.front().repetitions.size() ||
      after.size() < pair.new_side.runs.front().repetitions.size()) {
    return std::nullopt;
  }
  MeasureChange change;
  change.measure = measure.name;
  change.unit = measure.unit;
  change.old_value = median(before);
  change.new_value = median(after);
  change.effect = change.new_value / change.old_value - 1;
  const RatioInterval interval = bootstrap_ratio(before, after, kSeed);
  change.low = interval.low - 1;
  change.high = interval.high - 1;
  change.p_value = mann_whitney_p(before, after);
  return change;
}

/// Repetitions on each side whose least p value passes the test among `family` measures.
std::uint32_t repetitions_to_differ(std::size_t family) {
  std::uint32_t count = 2;
  while (least_mann_whitney_p(count, count) * static_cast<double>(family) >= kSignificance) ++count;
  return count;
}

/// The interval shrinks with the square root of the repetitions; it must fall clear of the nearer
/// threshold.
std::uint32_t repetitions_to_narrow(const MeasureChange& change, double threshold,
                                    std::uint32_t repetitions) {
  const double half = (change.high - change.low) / 2;
  const double room = std::abs(std::abs(change.effect) - threshold);
  if (half <= room) return repetitions + 1;
  const double factor = half / std::max(room, 1e-9);
  return static_cast<std::uint32_t>(
      std::min(std::ceil(repetitions * factor * factor), kMostRepetitions + 1.0));
}

void judge_repetitions(MeasureChange& change, const RunComparison& comparison,
                       const ComparedPair& pair, std::size_t family, bool more_is_better) {
  const double threshold = comparison.options.threshold;
  const bool higher = change.low > threshold;
  const bool lower = change.high < -threshold;
  const auto repetitions =
      static_cast<std::uint32_t>(std::min(pair.old_side.runs.front().repetitions.size(),
                                          pair.new_side.runs.front().repetitions.size()));
  if (change.low >= -threshold && change.high <= threshold && repetitions >= kFewestForBootstrap) {
    change.change = Change::none;
    return;
  }
  if ((higher || lower) && change.p_value < kSignificance) {
    if (pair.obstacle.empty() || comparison.options.force) {
      change.change = higher == more_is_better ? Change::improved : Change::regressed;
    } else {
      change.reason = "a difference was found, but " + pair.obstacle + "; --force judges it";
    }
    return;
  }
  const bool differs = std::abs(change.effect) > threshold;
  std::uint32_t needed =
      higher || lower ? repetitions + 1 : repetitions_to_narrow(change, threshold, repetitions);
  if (differs) needed = std::max(needed, repetitions_to_differ(family));
  needed = std::max(needed, std::uint32_t{kFewestForBootstrap});
  if (needed > kMostRepetitions) {
    change.reason = "too near the threshold for any number of repetitions";
    return;
  }
  change.repetitions_needed = needed;
  change.reason = fmt::format("{} and {} repetitions cannot tell; about {} each would",
                              pair.old_side.runs.front().repetitions.size(),
                              pair.new_side.runs.front().repetitions.size(), needed);
}

}  // namespace

RunComparison compare_repetitions(const StoredRun& old_run, const StoredRun& new_run,
                                  const CompareOptions& options) {
  RunComparison comparison;
  comparison.options = options;
  std::vector<ComparedPair> pairs = pair_up({&old_run, 1}, {&new_run, 1}, comparison);
  std::size_t family = 0;
  for (ComparedPair& pair : pairs) {
    if (!pair.change.not_compared.empty()) continue;
    for (const Measure& measure : wanted_measures(options)) {
      if (auto one = measure_repetitions(pair, measure))
        pair.change.measures.push_back(std::move(*one));
    }
    family += pair.change.measures.size();
  }
  join(pairs, comparison);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (MeasureChange& change : comparison.scenarios[i].measures) {
      judge_repetitions(change, comparison, pairs[i], family,
                        change.unit == MeasureUnit::messages_per_second);
    }
  }
  return comparison;
}

}  // namespace busmark
