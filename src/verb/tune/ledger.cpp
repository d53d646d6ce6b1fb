// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/ledger.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "judge/paired.hpp"
#include "stat/aligned_ranks.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

/// Of a machine that stumbles now and then; a candidate that is at fault does so again and again.
constexpr double kInvalidShare = 0.1;
/// Messages given up beyond A's, of those that were due.
constexpr double kGivenUpShare = 0.001;
constexpr double kLeastRateLoss = 0.02;

double share(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double invalid_share(const TuneBooks& books) { return share(books.invalid, books.blocks); }

std::string broken_delivery(const MessageCounts& a, const MessageCounts& b) {
  const auto worse = [&](std::uint64_t MessageCounts::*count, double allowed) {
    return share(b.*count, b.published) > share(a.*count, a.published) + allowed;
  };
  const auto tell = [&](std::uint64_t MessageCounts::*count, const char* what) {
    return fmt::format("{} of {} messages {}, against {} of {}", b.*count, b.published, what,
                       a.*count, a.published);
  };
  if (worse(&MessageCounts::lost, 0)) return tell(&MessageCounts::lost, "were lost");
  if (worse(&MessageCounts::corrupt, 0)) return tell(&MessageCounts::corrupt, "were corrupt");
  if (worse(&MessageCounts::duplicated, 0)) {
    return tell(&MessageCounts::duplicated, "came more than once");
  }
  if (a.reordered == 0 && b.reordered > 0) {
    return tell(&MessageCounts::reordered, "came in another order");
  }
  if (worse(&MessageCounts::dropped, kGivenUpShare)) {
    return tell(&MessageCounts::dropped, "were dropped");
  }
  if (worse(&MessageCounts::refused, kGivenUpShare)) {
    return tell(&MessageCounts::refused, "were refused");
  }
  return {};
}

std::string broken_budget(const TuneBooks& a, const TuneBooks& b) {
  for (std::size_t i = 0; i < b.budgets.size(); ++i) {
    const auto same = std::find(a.budgets.begin(), a.budgets.end(), b.budgets[i]);
    const std::uint32_t before =
        same == a.budgets.end() ? 0 : a.failed[static_cast<std::size_t>(same - a.budgets.begin())];
    if (b.failed[i] * 2 > b.blocks && before * 2 <= a.blocks) {
      return fmt::format("it fails the budget {} in {} of {} blocks, against {} of {}",
                         b.budgets[i], b.failed[i], b.blocks, before, a.blocks);
    }
  }
  return {};
}

const MeasureChange* find_measure(const RunComparison& comparison, const std::string& name) {
  if (comparison.scenarios.empty()) return nullptr;
  for (const MeasureChange& one : comparison.scenarios.front().measures) {
    if (one.measure == name) return &one;
  }
  return nullptr;
}

void judge_by(TuneLine& line, const MeasureChange& found, const TuneRules& rules) {
  MeasureChange& judged = line.judged.emplace(found);
  judged.p_value = std::min(1.0, found.p_value * static_cast<double>(rules.family));
  line.change = judged.change;
  line.reason = judged.reason;
  line.blocks_before = line.blocks_after = judged.rounds.value_or(0);
  const bool differs = line.change == Change::improved || line.change == Change::regressed;
  if (differs && judged.p_value >= kSignificance) {
    line.change = judged.change = Change::inconclusive;
    line.reason = fmt::format("{} trials together find such by chance with p {:.2g}", rules.family,
                              judged.p_value);
  }
}

/// The session with the rounds that are left, in all of which B is better than ever.
AbSession at_best(const AbSession& session, const TuneRules& rules) {
  AbSession best = session;
  auto& rounds = best.scenarios.front().rounds;
  const std::vector<Measure> measures = all_measures();
  std::array<AbBlock, kAbArms> round;
  for (std::size_t i = 0; i < measures.size(); ++i) {
    constexpr double kBeyondAll = 1e9;
    const double better = measures[i].more_is_better ? kBeyondAll : 1 / kBeyondAll;
    for (AbBlock& block : round) block.values.emplace_back(1);
    round[static_cast<std::size_t>(AbArm::b)].values.back() = better;
  }
  rounds.resize(std::max<std::size_t>(rounds.size(), rules.rounds), round);
  return best;
}

}  // namespace

void TuneBooks::add(const StoredScenario& scenario) {
  ++blocks;
  if (const std::string why = why_not_comparable(scenario); !why.empty()) {
    if (invalid++ == 0) first_invalid = why;
  }
  counts += scenario.counts;
  achieved += scenario.rate.achieved;
  for (const StoredBudget& budget : scenario.budgets) {
    const auto known = std::find(budgets.begin(), budgets.end(), budget.text);
    const auto at = static_cast<std::size_t>(known - budgets.begin());
    if (known == budgets.end()) {
      budgets.push_back(budget.text);
      failed.push_back(0);
    }
    failed[at] += budget.verdict == Verdict::fail ? 1U : 0U;
  }
}

std::string broken_rule(const TuneBooks& a, const TuneBooks& b, double threshold) {
  if (std::string delivery = broken_delivery(a.counts, b.counts); !delivery.empty()) {
    return delivery;
  }
  if (b.invalid > 1 && invalid_share(b) > std::max(invalid_share(a), kInvalidShare)) {
    return fmt::format("{} of {} blocks, against {} of {}; the first {}", b.invalid, b.blocks,
                       a.invalid, a.blocks, b.first_invalid);
  }
  if (a.blocks > 0 && b.blocks > 0) {
    const double before = a.achieved / a.blocks;
    const double after = b.achieved / b.blocks;
    if (after < before * (1 - std::max(threshold, kLeastRateLoss))) {
      return fmt::format("the rate falls from {} to {}", format_rate({before}),
                         format_rate({after}));
    }
  }
  return broken_budget(a, b);
}

void judge_trial(TuneLine& line, const AbSession& session, const TuneBooks& a, const TuneBooks& b,
                 const TuneRules& rules) {
  const RunComparison deciding =
      compare_blocks(session, {.threshold = rules.threshold, .measures = {rules.measure}});
  line.change = Change::inconclusive;
  line.kept = false;
  const std::string broken = broken_rule(a, b, rules.threshold);
  if (const MeasureChange* found = find_measure(deciding, rules.measure)) {
    judge_by(line, *found, rules);
    line.notes = deciding.scenarios.front().notes;
  } else if (a.invalid * 2 > a.blocks && invalid_share(b) <= kInvalidShare && broken.empty() &&
             b.blocks >= kFewestRounds) {
    // What cannot be measured has no figure to compare, and is no way to run a bus.
    line.change = Change::improved;
    line.reason = fmt::format("{} of {} blocks before, {} of {} now; the first {}", a.invalid,
                              a.blocks, b.invalid, b.blocks, a.first_invalid);
  } else if (!broken.empty()) {
    line.reason = broken;
  } else if (deciding.scenarios.empty()) {
    line.reason = "no round was completed";
  } else if (!deciding.scenarios.front().not_compared.empty()) {
    line.reason = deciding.scenarios.front().not_compared;
  } else {
    line.reason =
        fmt::format("a block has too few samples for {}; use a longer --block", rules.measure);
  }
  const std::vector<std::string> rest{"p50", "p95", "p99", "rate", "cpu"};
  const RunComparison all =
      compare_blocks(session, {.threshold = rules.threshold, .measures = rest});
  for (const std::string& name : rest) {
    const MeasureChange* other = find_measure(all, name);
    if (other != nullptr && name != rules.measure) line.others.push_back(*other);
  }
  if (line.change == Change::inconclusive && hopeless(session, rules)) {
    line.reason = fmt::format(
        "ended after {} of {} rounds, since it could not be sure any more that it is better",
        session.scenarios.front().rounds.size(), rules.rounds);
  }
  if (line.change != Change::improved) return;
  line.kept = broken.empty();
  if (!broken.empty()) line.reason = broken;
}

bool hopeless(const AbSession& session, const TuneRules& rules) {
  if (session.scenarios.empty()) return false;
  const std::size_t done = session.scenarios.front().rounds.size();
  if (done < kFewestRounds || done >= rules.rounds) return false;
  const RunComparison best = compare_blocks(
      at_best(session, rules), {.threshold = rules.threshold, .measures = {rules.measure}});
  const MeasureChange* found = find_measure(best, rules.measure);
  if (found == nullptr) return false;
  TuneLine line;
  judge_by(line, *found, rules);
  return line.change != Change::improved;
}

std::vector<std::size_t> promising(const std::vector<TuneLine>& lines, const TuneRules& rules) {
  const double sign = rules.measure == "rate" ? 1 : -1;
  const auto gain = [&](std::size_t i) {
    return sign * std::log1p(std::max(lines[i].judged->effect, -1 + 1e-9));
  };
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const TuneLine& line = lines[i];
    const bool open = line.tried && line.judged && line.change == Change::inconclusive;
    if (open && gain(i) > std::log1p(rules.threshold)) places.push_back(i);
  }
  std::ranges::stable_sort(places, std::greater{}, gain);
  return places;
}

std::uint32_t least_rounds(std::size_t family) noexcept {
  auto rounds = static_cast<std::uint32_t>(kFewestRounds);
  while (least_aligned_p(rounds) * static_cast<double>(family) >= kSignificance) ++rounds;
  return rounds;
}

std::uint32_t rounds_for_family(std::size_t family) noexcept {
  auto rounds = static_cast<std::uint32_t>(kFewestRounds);
  // As far out as all for it are those with another place for B in one of the rounds.
  const auto p = [](std::uint32_t all) { return least_aligned_p(all) * (1 + 2 * all); };
  while (p(rounds) * static_cast<double>(family) >= kSignificance) ++rounds;
  return rounds;
}

std::vector<TuneSuggestion> tune_suggestions(const Diagnosis& diagnosis) {
  std::vector<TuneSuggestion> list;
  for (const FindingLevel level : {FindingLevel::fail, FindingLevel::warn}) {
    for (const Finding& finding : diagnosis.findings) {
      if (finding.level != level || finding.fix.empty()) continue;
      list.push_back({finding.id, finding.found, finding.why, finding.fix, finding.undo});
    }
  }
  return list;
}

}  // namespace busmark
