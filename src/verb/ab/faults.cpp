// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/faults.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

#include "judge/paired.hpp"
#include "stat/aligned_ranks.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

using AbRound = std::array<AbBlock, kAbArms>;

/// What a block did wrong: 0 for nothing.
using BlockFault = std::function<double(const AbBlock&)>;

double seen_invalid(const AbBlock& block) { return block.invalid.empty() ? 0 : 1; }
double seen_disturbed(const AbBlock& block) { return block.disturbance.empty() ? 0 : 1; }
double seen_undelivered(const AbBlock& block) { return block.undelivered; }

std::vector<RoundValues> values_of(const AbScenario& scenario, const BlockFault& fault) {
  std::vector<RoundValues> values;
  for (const AbRound& round : scenario.rounds) {
    values.push_back({fault(round[0]), fault(round[1]), fault(round[2])});
  }
  return values;
}

RankTails tails_of_events(const std::vector<RoundValues>& values) {
  std::vector<RoundEvents> events;
  for (const RoundValues& round : values)
    events.push_back({round[0] > 0, round[1] > 0, round[2] > 0});
  return event_tails(events);
}

/// Means of both sides and the normal interval of their difference, round by round.
MeasureChange row_of(const char* name, const std::vector<RoundValues>& values, double alpha) {
  MeasureChange row;
  row.measure = name;
  row.unit = MeasureUnit::share;
  const auto count = static_cast<double>(values.size());
  double squares = 0;
  for (const RoundValues& round : values) {
    const double a = (round[0] + round[2]) / 2;
    row.old_value += a / count;
    row.new_value += round[kPlaceOfB] / count;
    squares += (round[kPlaceOfB] - a) * (round[kPlaceOfB] - a);
  }
  row.effect = row.new_value - row.old_value;
  const double variance =
      std::max(0.0, squares - count * row.effect * row.effect) / std::max(1.0, count - 1);
  const double half =
      quantile(complement(boost::math::normal(), alpha / 2)) * std::sqrt(variance / count);
  row.low = std::max(-1.0, row.effect - half);
  row.high = std::min(1.0, row.effect + half);
  row.noise = 0;
  row.rounds = static_cast<std::uint32_t>(values.size());
  return row;
}

}  // namespace

std::vector<MeasureChange> fault_rows(const AbScenario& scenario, double alpha) {
  std::vector<MeasureChange> rows;
  const auto add = [&](const char* name, const BlockFault& fault, bool counted) {
    const std::vector<RoundValues> values = values_of(scenario, fault);
    const bool any = std::ranges::any_of(values, [](const RoundValues& round) {
      return std::ranges::any_of(round, [](double value) { return value > 0; });
    });
    if (!any) return;
    MeasureChange& row = rows.emplace_back(row_of(name, values, alpha));
    row.p_value = (counted ? tails_of_events(values) : aligned_rank_tails(values)).two_sided();
  };
  add("invalid", seen_invalid, true);
  add("disturbed", seen_disturbed, true);
  add("undelivered", seen_undelivered, false);
  return rows;
}

void judge_faults(MeasureChange& row, double threshold) {
  const std::string sides =
      row.measure == "undelivered"
          ? fmt::format("B does not deliver {:.3g} % of the messages and A {:.3g} %",
                        row.new_value * 100, row.old_value * 100)
          : fmt::format("B is {} in {:.3g} % of its blocks and A in {:.3g} %", row.measure,
                        row.new_value * 100, row.old_value * 100);
  if (*row.rounds < kFewestRounds) {
    row.change = Change::inconclusive;
    row.reason = fmt::format("{}; {} rounds are too few, {} are the least", sides, *row.rounds,
                             kFewestRounds);
    return;
  }
  if (row.p_value < kSignificance) {
    row.change = row.effect > 0 ? Change::regressed : Change::improved;
    row.reason = sides;
    return;
  }
  const double error = (row.high - row.low) / 4;
  if (std::abs(row.effect) <= std::max(threshold, error)) {
    row.change = Change::none;
    return;
  }
  row.change = Change::inconclusive;
  row.reason = fmt::format("{}, which may be chance; more rounds would tell", sides);
}

bool disturbs_itself(const AbScenario& scenario) {
  const RankTails tails = tails_of_events(values_of(scenario, seen_disturbed));
  return tails.two_sided() < kSignificance;
}

}  // namespace busmark
