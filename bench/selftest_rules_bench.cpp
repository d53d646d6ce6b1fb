// SPDX-License-Identifier: Apache-2.0
//
// Does the self-test find the rules of intervals and verdicts right, and planted faults in them
// wrong, whatever is drawn? By seeds that the self-test itself does not use.
//
// usage: selftest_rules_bench [SEEDS, default 20]
//
// Exit code 1 where the real rules are found wrong or a planted fault is overlooked once.

#include <cstdlib>
#include <string>

#include <fmt/core.h>

#include "verb/selftest/rules.hpp"

namespace busmark {
namespace {

SelfTestRules narrow_intervals() {
  SelfTestRules rules;
  rules.interval = [](const PercentileIntervals& intervals, Percentile percentile) {
    PercentileInterval interval = intervals.of(percentile);
    interval.low += (interval.value - interval.low) / 2;
    interval.high -= (interval.high - interval.value) / 2;
    return interval;
  };
  return rules;
}

/// `factor`: of the limit, before the real gate sees it.
SelfTestRules gate_with_limit(double factor) {
  SelfTestRules rules;
  rules.gate = [factor](ScenarioResult result) {
    for (Budget& budget : result.scenario.budget) budget.limit *= factor;
    return judge(result, summarise(result)).verdict;
  };
  return rules;
}

/// Prints a row and returns in how many of `seeds` some case was found wrong.
int count(const char* what, const SelfTestRules& rules, int seeds) {
  int wrong = 0;
  std::string first;
  for (int seed = 0; seed < seeds; ++seed) {
    bool found = false;
    for (const auto& one : test_rules(rules, 1000 + static_cast<std::uint64_t>(seed))) {
      for (const SelfTestCheck& check : one.checks) {
        if (check.outcome != SelfTestOutcome::fails) continue;
        found = true;
        if (first.empty()) {
          first = fmt::format("{}: {}: {:.0f}, allowed {:.0f} .. {:.0f}", one.name, check.quantity,
                              check.measured, check.low, check.high);
        }
      }
    }
    wrong += found ? 1 : 0;
  }
  fmt::print("{:<34}{:>3} of {:<4}{}\n", what, wrong, seeds, first);
  return wrong;
}

}  // namespace
}  // namespace busmark

int main(int argc, char** argv) {
  using namespace busmark;
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 20;
  fmt::print("{:<34}{:<10}{}\n", "rules", "wrong in", "first");
  const bool fine = count("real", {}, seeds) == 0;
  const bool found = count("intervals of half the width", narrow_intervals(), seeds) == seeds &&
                     count("gate with 1.4 times the limit", gate_with_limit(1.4), seeds) == seeds &&
                     count("gate with 0.6 times the limit", gate_with_limit(0.6), seeds) == seeds;
  return fine && found ? 0 : 1;
}
