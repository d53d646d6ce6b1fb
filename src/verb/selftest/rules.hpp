// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "judge/verdict.hpp"
#include "stat/percentile_interval.hpp"
#include "verb/selftest/judge.hpp"

namespace busmark {

/// What turns samples into intervals and verdicts. Others than the real rules are for tests that
/// plant a fault.
struct SelfTestRules {
  std::function<PercentileInterval(const PercentileIntervals&, Percentile)> interval =
      [](const PercentileIntervals& intervals, Percentile percentile) {
        return intervals.of(percentile);
      };
  std::function<Verdict(const ScenarioResult&)> gate = [](const ScenarioResult& result) {
    return judge(result, summarise(result)).verdict;
  };
};

/// Drives the rules over latencies drawn from processes whose percentiles are known by theory: how
/// many intervals hold the truth, independent samples and such that depend on their neighbours; and
/// what a gate says of a p95 that misses its budget by 30 % or keeps it by as much. No machine is
/// involved: the same seed gives the same figures. About a second.
///
/// An interval must hold the truth in 92 of 100, a verdict be the right one in 95 of 100; allowed
/// are so many fewer as chance makes once in 10,000 seeds. No miss may PASS and no pass FAIL.
[[nodiscard]] std::vector<SelfTestCaseResult> test_rules(const SelfTestRules& rules = {},
                                                         std::uint64_t seed = 1);

}  // namespace busmark
