// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "verb/selftest/rules.hpp"

namespace busmark {
namespace {

/// Names of the cases that are found wrong with these rules.
std::set<std::string> wrong_with(const SelfTestRules& rules) {
  std::set<std::string> wrong;
  for (const SelfTestCaseResult& one : test_rules(rules)) {
    CHECK_FALSE(one.checks.empty());
    if (one.outcome() == SelfTestOutcome::fails) wrong.insert(one.name);
  }
  return wrong;
}

TEST_CASE("the real rules hold what they promise") { CHECK(wrong_with({}).empty()); }

TEST_CASE("intervals of half the width are found out") {
  SelfTestRules rules;
  rules.interval = [](const PercentileIntervals& intervals, Percentile percentile) {
    PercentileInterval interval = intervals.of(percentile);
    interval.low += (interval.value - interval.low) / 2;
    interval.high -= (interval.high - interval.value) / 2;
    return interval;
  };
  CHECK(wrong_with(rules) == std::set<std::string>{"intervals"});
}

TEST_CASE("a gate that is too soft or too hard is found out") {
  const auto with_limits = [](double factor) {
    SelfTestRules rules;
    rules.gate = [factor](ScenarioResult result) {
      for (Budget& budget : result.scenario.budget) budget.limit *= factor;
      return judge(result, summarise(result)).verdict;
    };
    return rules;
  };
  CHECK(wrong_with(with_limits(1.4)) == std::set<std::string>{"gate that must fail"});
  CHECK(wrong_with(with_limits(0.6)) == std::set<std::string>{"gate that must pass"});
  SelfTestRules lenient;
  lenient.gate = [](const ScenarioResult& result) {
    const Verdict verdict = judge(result, summarise(result)).verdict;
    return verdict == Verdict::fail ? Verdict::inconclusive : verdict;
  };
  CHECK(wrong_with(lenient) == std::set<std::string>{"gate that must fail"});
}

}  // namespace
}  // namespace busmark
