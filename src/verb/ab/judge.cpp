// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/judge.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "judge/paired.hpp"
#include "stat/statistics.hpp"
#include "verb/ab/faults.hpp"

namespace busmark {
namespace {

using AbRound = std::array<AbBlock, kAbArms>;

const AbBlock& of(const AbRound& round, AbArm arm) { return round[static_cast<std::size_t>(arm)]; }

/// In how many blocks of each side, and what happened in the first.
std::string tell(const std::vector<AbRound>& rounds, std::string AbBlock::*fault,
                 const char* what) {
  std::size_t of_a = 0;
  std::size_t of_b = 0;
  std::string first;
  for (const AbRound& round : rounds) {
    for (const AbArm arm : {AbArm::a, AbArm::b, AbArm::again}) {
      const std::string& reason = of(round, arm).*fault;
      if (reason.empty()) continue;
      ++(arm == AbArm::b ? of_b : of_a);
      if (first.empty()) first = reason;
    }
  }
  return fmt::format("A is {} in {} of {} blocks and B in {} of {}; the first: {}", what, of_a,
                     2 * rounds.size(), of_b, rounds.size(), first);
}

bool is_any(const AbRound& round, std::string AbBlock::*fault) {
  return std::ranges::any_of(round, [&](const AbBlock& block) { return !(block.*fault).empty(); });
}

/// Whether a side is INVALID in half of its blocks or more: then its figures are none.
bool mostly_invalid(const std::vector<AbRound>& rounds) {
  std::size_t of_a = 0;
  std::size_t of_b = 0;
  for (const AbRound& round : rounds) {
    of_a += of(round, AbArm::a).invalid.empty() ? 0U : 1U;
    of_a += of(round, AbArm::again).invalid.empty() ? 0U : 1U;
    of_b += of(round, AbArm::b).invalid.empty() ? 0U : 1U;
  }
  return of_a >= rounds.size() || 2 * of_b >= rounds.size();
}

/// The rounds to judge by; says in `change` which were left out and why.
std::vector<const AbRound*> usable(const AbScenario& scenario, ScenarioChange& change) {
  const std::vector<AbRound>& rounds = scenario.rounds;
  if (rounds.empty()) {
    change.not_compared = "no round was completed";
    return {};
  }
  std::vector<const AbRound*> all;
  std::vector<const AbRound*> quiet;
  std::size_t invalid = 0;
  std::string disturbance;
  for (const AbRound& round : rounds) {
    all.push_back(&round);
    invalid += is_any(round, &AbBlock::invalid) ? 1U : 0U;
    if (!is_any(round, &AbBlock::disturbance)) {
      quiet.push_back(&round);
    } else if (disturbance.empty()) {
      for (const AbBlock& block : round) {
        if (disturbance.empty()) disturbance = block.disturbance;
      }
    }
  }
  if (mostly_invalid(rounds)) {
    change.invalid = true;
    change.not_compared = tell(rounds, &AbBlock::invalid, "INVALID");
    return {};
  }
  if (invalid > 0) {
    change.notes.push_back(fmt::format("an INVALID block counts as worse than a valid one: {}",
                                       tell(rounds, &AbBlock::invalid, "INVALID")));
  }
  if (quiet.size() == all.size()) return all;
  const bool enough = quiet.size() >= kFewestRounds && quiet.size() * 2 >= all.size();
  const bool by_itself = enough && disturbs_itself(scenario);
  change.notes.push_back(fmt::format("{} of {} rounds were disturbed{}; the first: {}",
                                     all.size() - quiet.size(), all.size(),
                                     by_itself ? ", one side more than the other, so all are used"
                                     : enough  ? " and are left out"
                                               : ", so all are used",
                                     disturbance));
  return enough && !by_itself ? quiet : all;
}

/// The values of one measure, in rounds that have one for each block or know that it failed.
struct AbColumns {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> again;
};

/// Worse than any figure of a block that did its work.
double worst(const Measure& measure) {
  return measure.more_is_better ? 0 : std::numeric_limits<double>::infinity();
}

AbColumns read(const std::vector<const AbRound*>& rounds, const Measure& measure,
               std::size_t index) {
  AbColumns columns;
  for (const AbRound* round : rounds) {
    const auto value = [&](AbArm arm) -> std::optional<double> {
      const AbBlock& block = of(*round, arm);
      if (!block.invalid.empty()) return worst(measure);
      return index < block.values.size() ? block.values[index] : std::nullopt;
    };
    const auto a = value(AbArm::a);
    const auto b = value(AbArm::b);
    const auto again = value(AbArm::again);
    if (!a || !b || !again) continue;
    columns.a.push_back(*a);
    columns.b.push_back(*b);
    columns.again.push_back(*again);
  }
  return columns;
}

/// Of the blocks that did their work.
double median_of_valid(const std::vector<double>& values) {
  std::vector<double> valid;
  for (const double value : values) {
    if (std::isfinite(value) && value > 0) valid.push_back(value);
  }
  return median(valid);
}

std::optional<MeasureChange> measure_change(const std::vector<const AbRound*>& rounds,
                                            const Measure& measure, std::size_t index,
                                            double alpha) {
  const AbColumns columns = read(rounds, measure, index);
  // Withheld in most rounds: too few samples in a block for this percentile.
  if (columns.a.empty() || columns.a.size() * 2 < rounds.size()) return std::nullopt;
  const PairedEstimate estimate =
      estimate_paired({.a = columns.a, .b = columns.b, .again = columns.again}, alpha);
  MeasureChange change;
  change.measure = measure.name;
  change.unit = measure.unit;
  change.old_value = median_of_valid(columns.a);
  change.new_value = median_of_valid(columns.b);
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

/// That of the budget, else p95, else the first.
void choose_primary(std::vector<MeasureChange>& measures, const std::string& budgeted) {
  if (measures.empty()) return;
  MeasureChange* chosen = &measures.front();
  for (const std::string& wanted : {std::string("p95"), budgeted}) {
    for (MeasureChange& one : measures) {
      if (one.measure == wanted) chosen = &one;
    }
  }
  chosen->primary = true;
}

enum class MeasureGroup : std::uint8_t { primary, fault, other };

MeasureGroup group_of(const MeasureChange& change) {
  if (change.primary) return MeasureGroup::primary;
  return change.unit == MeasureUnit::share ? MeasureGroup::fault : MeasureGroup::other;
}

/// Of all scenarios' rows; they add up to 1.
std::vector<double> weights_of(const RunComparison& comparison) {
  constexpr std::array<double, 3> kShares{0.5, 0.25, 0.25};
  std::array<double, 3> count{};
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& one : scenario.measures) {
      ++count[static_cast<std::size_t>(group_of(one))];
    }
  }
  double sum = 0;
  for (std::size_t i = 0; i < count.size(); ++i) sum += count[i] > 0 ? kShares[i] : 0;
  std::vector<double> weights;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& one : scenario.measures) {
      const auto group = static_cast<std::size_t>(group_of(one));
      weights.push_back(kShares[group] / count[group] / sum);
    }
  }
  return weights;
}

void judge_measure(MeasureChange& change, double threshold, double weight, std::size_t all) {
  const PairedVerdict verdict = judge_paired(
      {.rounds = *change.rounds,
       .effect = change.effect,
       .low = change.low,
       .high = change.high,
       .p_value = change.p_value,
       .noise = *change.noise},
      change.p_value, threshold, change.unit == MeasureUnit::messages_per_second, weight);
  change.change = verdict.change;
  change.reason = verdict.reason;
  if (verdict.rounds_needed > 0) {
    change.repetitions_needed = with_losses(verdict.rounds_needed, *change.rounds, all);
  }
}

void judge_all(RunComparison& comparison, const AbSession& session) {
  std::vector<double> p_values;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      p_values.push_back(std::min(1.0, change.p_value / session.look_share));
    }
  }
  const std::vector<double> weights = weights_of(comparison);
  const std::vector<double> adjusted = holm_adjusted(p_values, weights);
  std::size_t next = 0;
  for (std::size_t i = 0; i < comparison.scenarios.size(); ++i) {
    const std::size_t all = session.scenarios[i].rounds.size();
    for (MeasureChange& change : comparison.scenarios[i].measures) {
      change.p_value = adjusted[next];
      const double weight = weights[next++] * session.look_share;
      if (change.unit == MeasureUnit::share) {
        judge_faults(change, comparison.options.threshold);
      } else {
        judge_measure(change, comparison.options.threshold, weight, all);
      }
    }
  }
}

bool is_wanted(const Measure& measure, const AbScenario& scenario, const CompareOptions& options) {
  if (options.measures.empty()) return !(scenario.paced && measure.name == "rate");
  return std::ranges::find(options.measures, measure.name) != options.measures.end();
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
  if (repetition == nullptr) return block;
  block.disturbance = repetition->disturbance;
  if (repetition->drain_timed_out && block.invalid.empty()) {
    block.invalid = "its messages did not arrive in time";
  }
  const MessageCounts& counts = repetition->counts;
  const auto due = static_cast<double>(counts.published);
  if (due > 0) {
    block.undelivered = static_cast<double>(counts.dropped + counts.refused + counts.lost) / due;
  }
  return block;
}

RunComparison compare_blocks(const AbSession& session, const CompareOptions& options) {
  RunComparison comparison;
  comparison.old_name = session.a;
  comparison.new_name = session.b;
  comparison.options = options;
  comparison.interleaved = true;
  comparison.round_time = session.round_time;
  comparison.differences = session.differences;
  const std::vector<Measure> measures = all_measures();
  for (const AbScenario& scenario : session.scenarios) {
    ScenarioChange& change = comparison.scenarios.emplace_back();
    change.name = scenario.name;
    change.notes = scenario.notes;
    if (session.interrupted) {
      std::string done = fmt::format("interrupted after {}", scenario.rounds.size());
      if (!session.at_most) done += fmt::format(" of {}", session.planned_rounds);
      change.notes.push_back(done + " rounds");
    }
    const double alpha = kSignificance * session.look_share;
    const std::vector<const AbRound*> rounds = usable(scenario, change);
    change.old_repetitions = change.new_repetitions = static_cast<std::uint32_t>(rounds.size());
    for (std::size_t i = 0; i < measures.size(); ++i) {
      if (rounds.empty() || !is_wanted(measures[i], scenario, options)) continue;
      if (auto one = measure_change(rounds, measures[i], i, alpha)) {
        change.measures.push_back(std::move(*one));
      }
    }
    choose_primary(change.measures, scenario.budgeted);
    std::ranges::move(fault_rows(scenario, alpha), std::back_inserter(change.measures));
  }
  judge_all(comparison, session);
  return comparison;
}

}  // namespace busmark
