// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/ab.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "busmark/analysis/paired.hpp"
#include "busmark/analysis/statistics.hpp"

namespace busmark {
namespace {

using Round = std::array<AbBlock, kAbArms>;

const AbBlock& of(const Round& round, AbArm arm) { return round[static_cast<std::size_t>(arm)]; }

const AbBlock* find(const Round& round, std::string AbBlock::*fault) {
  for (const AbBlock& block : round) {
    if (!(block.*fault).empty()) return &block;
  }
  return nullptr;
}

/// Why too many rounds are of no use: which side, in how many, and what happened in the first.
std::string tell_invalid(const std::vector<Round>& rounds) {
  std::size_t of_a = 0;
  std::size_t of_b = 0;
  std::string reason;
  for (const Round& round : rounds) {
    of_a +=
        of(round, AbArm::a).invalid.empty() && of(round, AbArm::again).invalid.empty() ? 0U : 1U;
    of_b += of(round, AbArm::b).invalid.empty() ? 0U : 1U;
    const AbBlock* block = find(round, &AbBlock::invalid);
    if (block != nullptr && reason.empty()) reason = block->invalid;
  }
  return fmt::format("A is INVALID in {} and B in {} of {} rounds; the first: {}", of_a, of_b,
                     rounds.size(), reason);
}

/// The rounds to judge by; says in `change` which were left out and why.
std::vector<const Round*> usable(const AbScenario& scenario, ScenarioChange& change) {
  std::vector<const Round*> valid;
  std::vector<const Round*> quiet;
  std::string disturbance;
  for (const Round& round : scenario.rounds) {
    if (find(round, &AbBlock::invalid) != nullptr) continue;
    valid.push_back(&round);
    const AbBlock* disturbed = find(round, &AbBlock::disturbance);
    if (disturbed == nullptr) {
      quiet.push_back(&round);
    } else if (disturbance.empty()) {
      disturbance = disturbed->disturbance;
    }
  }
  const std::size_t all = scenario.rounds.size();
  if (valid.size() * 2 < all || valid.empty()) {
    change.invalid = all > 0;
    change.not_compared = all == 0 ? "no round was completed" : tell_invalid(scenario.rounds);
    return {};
  }
  if (valid.size() < all) {
    change.notes.push_back(fmt::format("{} of {} rounds are left out: {}", all - valid.size(), all,
                                       tell_invalid(scenario.rounds)));
  }
  if (quiet.size() == valid.size()) return valid;
  const bool enough = quiet.size() >= kFewestRounds && quiet.size() * 2 >= valid.size();
  change.notes.push_back(
      fmt::format("{} of {} rounds were disturbed{}; the first: {}", valid.size() - quiet.size(),
                  valid.size(), enough ? " and are left out" : ", so all are used", disturbance));
  return enough ? quiet : valid;
}

/// The values of one measure, where all three arms have one.
struct Columns {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> again;
};

Columns read(const std::vector<const Round*>& rounds, std::size_t measure) {
  Columns columns;
  for (const Round* round : rounds) {
    const auto value = [&](AbArm arm) { return of(*round, arm).values[measure]; };
    if (!value(AbArm::a) || !value(AbArm::b) || !value(AbArm::again)) continue;
    columns.a.push_back(*value(AbArm::a));
    columns.b.push_back(*value(AbArm::b));
    columns.again.push_back(*value(AbArm::again));
  }
  return columns;
}

std::optional<MeasureChange> measure_change(const std::vector<const Round*>& rounds,
                                            const Measure& measure, std::size_t index) {
  const Columns columns = read(rounds, index);
  // Withheld in most rounds: too few samples in a block for this percentile.
  if (columns.a.empty() || columns.a.size() * 2 < rounds.size()) return std::nullopt;
  const PairedEstimate estimate =
      estimate_paired({.a = columns.a, .b = columns.b, .again = columns.again});
  MeasureChange change;
  change.measure = measure.name;
  change.unit = measure.unit;
  change.old_value = median(columns.a);
  change.new_value = median(columns.b);
  change.effect = estimate.effect;
  change.low = estimate.low;
  change.high = estimate.high;
  change.p_value = estimate.p_value;
  change.noise = estimate.noise;
  change.rounds = static_cast<std::uint32_t>(estimate.rounds);
  return change;
}

/// Of all rounds some are of no use; as many of those that are to come will be.
std::uint32_t with_losses(std::size_t needed, std::size_t used, std::size_t all) {
  return static_cast<std::uint32_t>((needed * all + used - 1) / used);
}

void judge_all(RunComparison& comparison, const AbSession& session) {
  std::vector<double> p_values;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) p_values.push_back(change.p_value);
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  auto next = adjusted.begin();
  for (std::size_t i = 0; i < comparison.scenarios.size(); ++i) {
    const std::size_t all = session.scenarios[i].rounds.size();
    for (MeasureChange& change : comparison.scenarios[i].measures) {
      change.p_value = *next++;
      const PairedVerdict verdict =
          judge_paired({.rounds = *change.rounds,
                        .effect = change.effect,
                        .low = change.low,
                        .high = change.high,
                        .p_value = change.p_value,
                        .noise = *change.noise},
                       change.p_value, comparison.options.threshold,
                       change.unit == MeasureUnit::messages_per_second, p_values.size());
      change.change = verdict.change;
      change.reason = verdict.reason;
      if (verdict.rounds_needed > 0) {
        change.repetitions_needed = with_losses(verdict.rounds_needed, *change.rounds, all);
      }
    }
  }
}

}  // namespace

std::vector<std::array<AbArm, kAbArms>> ab_orders(std::size_t rounds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::array<AbArm, kAbArms>> orders;
  while (orders.size() < rounds) {
    std::array<AbArm, kAbArms> order{AbArm::a, AbArm::b, AbArm::again};
    // Fisher and Yates; the upper bits, scaled: the same in every standard library.
    for (std::size_t i = kAbArms - 1; i > 0; --i) {
      std::swap(order[i], order[((random() >> 32) * (i + 1)) >> 32]);
    }
    orders.push_back(order);
    std::reverse(order.begin(), order.end());
    if (orders.size() < rounds) orders.push_back(order);
  }
  return orders;
}

AbBlock read_block(const StoredScenario& scenario) {
  AbBlock block;
  const StoredRepetition* repetition =
      scenario.repetitions.empty() ? nullptr : &scenario.repetitions.back();
  for (const Measure& measure : all_measures()) {
    std::optional<double> value;
    if (repetition != nullptr) value = measure.read(*repetition);
    if (value && !(std::isfinite(*value) && *value > 0)) value.reset();
    block.values.push_back(value);
  }
  block.invalid = why_not_comparable(scenario);
  if (repetition == nullptr && block.invalid.empty()) block.invalid = "has no repetition";
  if (repetition != nullptr) block.disturbance = repetition->disturbance;
  return block;
}

RunComparison compare_blocks(const AbSession& session, const CompareOptions& options) {
  RunComparison comparison;
  comparison.old_name = session.a;
  comparison.new_name = session.b;
  comparison.options = options;
  comparison.interleaved = true;
  comparison.differences = session.differences;
  const std::vector<Measure> measures = all_measures();
  for (const AbScenario& scenario : session.scenarios) {
    ScenarioChange& change = comparison.scenarios.emplace_back();
    change.name = scenario.name;
    change.notes = scenario.notes;
    if (session.interrupted) {
      change.notes.push_back(fmt::format("interrupted after {} of {} rounds",
                                         scenario.rounds.size(), session.planned_rounds));
    }
    const std::vector<const Round*> rounds = usable(scenario, change);
    change.old_repetitions = change.new_repetitions = static_cast<std::uint32_t>(rounds.size());
    for (std::size_t i = 0; i < measures.size(); ++i) {
      const auto& wanted = options.measures;
      const bool asked = wanted.empty() ||
                         std::find(wanted.begin(), wanted.end(), measures[i].name) != wanted.end();
      if (!asked || rounds.empty()) continue;
      if (auto one = measure_change(rounds, measures[i], i)) {
        change.measures.push_back(std::move(*one));
      }
    }
  }
  judge_all(comparison, session);
  return comparison;
}

}  // namespace busmark
