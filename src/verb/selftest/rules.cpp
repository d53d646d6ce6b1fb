// SPDX-License-Identifier: Apache-2.0
#include "verb/selftest/rules.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "stat/known_process.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Percentile kP50{500'000};
constexpr Percentile kP95{950'000};
constexpr std::uint32_t kSections = 20;

/// The processes that are drawn from; the number names one.
constexpr std::array<const char*, 3> kProcesses{"independent", "a queue at load 0.7",
                                                "neighbours alike by 0.9"};

std::unique_ptr<KnownProcess> make_process(std::size_t number, std::uint64_t seed) {
  switch (number) {
    case 0: return independent_process(50us, 0.5, seed);
    case 1: return queue_process(0.7, 10us, seed);
    default: return correlated_process(50us, 0.5, 0.9, seed);
  }
}

/// A repetition in which all went well and messages took what was drawn.
RepetitionResult drawn_repetition(KnownProcess& process, std::uint64_t messages) {
  RepetitionResult result;
  const std::uint64_t each = messages / kSections;
  for (std::uint32_t s = 0; s < kSections; ++s) {
    Histogram samples;
    for (std::uint64_t i = 0; i < each; ++i) {
      samples.record(static_cast<std::uint64_t>(process.next()));
    }
    SectionResult section{.start = s * 50ms, .length = 50ms};
    section.response.assign(samples);
    result.sections.push_back(std::move(section));
    result.response.merge(samples);
    result.service.merge(samples);
  }
  result.elapsed = 1s;
  result.counts.published = result.counts.received = each * kSections;
  result.intended_rate = static_cast<double>(result.counts.published);
  result.offered_rate = result.achieved_rate = result.received_rate = result.intended_rate;
  return result;
}

/// Fewest hits of `trials` that a chance of `share` each gives but once in 10,000 times.
std::uint64_t least_hits(std::uint64_t trials, double share) {
  double below = 0;
  for (std::uint64_t hits = 0; hits <= trials; ++hits) {
    const auto n = static_cast<double>(trials);
    const auto k = static_cast<double>(hits);
    below += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                      k * std::log(share) + (n - k) * std::log(1 - share));
    if (below > 1e-4) return hits;
  }
  return trials;
}

void add(SelfTestCaseResult& result, std::string quantity, std::uint64_t wanted,
         std::uint64_t measured, std::uint64_t low, std::uint64_t high) {
  SelfTestCheck check{.quantity = std::move(quantity),
                      .programmed = static_cast<double>(wanted),
                      .measured = static_cast<double>(measured),
                      .low = static_cast<double>(low),
                      .high = static_cast<double>(high)};
  const bool inside = measured >= low && measured <= high;
  check.outcome = inside ? SelfTestOutcome::holds : SelfTestOutcome::fails;
  result.checks.push_back(std::move(check));
}

SelfTestCaseResult test_intervals(const SelfTestRules& rules, std::uint64_t seed) {
  // One repetition each: over several an interval has more to be wide for, and a fault would hide.
  constexpr std::uint64_t kTrials = 200;
  constexpr std::uint64_t kMessages = 20'000;
  constexpr double kPromised = 0.92;
  SelfTestCaseResult result{.name = "intervals",
                            .about = "200 repetitions, 95 % interval of each",
                            .checks = {},
                            .attempts = 1};
  for (std::size_t number = 0; number < kProcesses.size(); ++number) {
    std::array<std::uint64_t, 2> hits{};
    for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
      const auto process = make_process(number, seed * kTrials + trial);
      const DrawnRepetition drawn(*process, kMessages, kSections);
      const PercentileIntervals intervals({drawn.latency()});
      for (std::size_t p = 0; p < hits.size(); ++p) {
        const PercentileInterval interval = rules.interval(intervals, p == 0 ? kP50 : kP95);
        const double truth = process->percentile(p == 0 ? 0.5 : 0.95);
        hits[p] += interval.known && truth >= static_cast<double>(interval.low.count()) &&
                           truth <= static_cast<double>(interval.high.count())
                       ? 1U
                       : 0U;
      }
    }
    for (std::size_t p = 0; p < hits.size(); ++p) {
      add(result, std::string(kProcesses[number]) + (p == 0 ? ", hold p50" : ", hold p95"), kTrials,
          hits[p], least_hits(kTrials, kPromised), kTrials);
    }
  }
  return result;
}

/// `factor`: the true p95 in limits.
SelfTestCaseResult test_gate(const SelfTestRules& rules, std::uint64_t seed, double factor) {
  constexpr std::uint64_t kGates = 40;
  constexpr std::uint64_t kMessages = 20'000;
  constexpr double kPromised = 0.95;
  const bool misses = factor > 1;
  SelfTestCaseResult result{
      .name = misses ? "gate that must fail" : "gate that must pass",
      .about = misses ? "40 times a p95 of 1.3 limits" : "40 times a p95 of 0.7 limits",
      .checks = {},
      .attempts = 1};
  std::uint64_t failed = 0;
  std::uint64_t passed = 0;
  for (std::uint64_t gate = 0; gate < kGates; ++gate) {
    const auto process = make_process(1 + gate % 2, seed * kGates + gate);
    ScenarioResult scenario;
    scenario.scenario.load.rate = MessageRate{static_cast<double>(kMessages)};
    Budget budget = parse_budget("p95 < 1us");
    budget.limit = process->percentile(0.95) / factor;
    scenario.scenario.budget = {budget};
    for (int i = 0; i < 5; ++i) {
      scenario.repetitions.push_back(drawn_repetition(*process, kMessages));
    }
    const Verdict verdict = rules.gate(scenario);
    failed += verdict == Verdict::fail ? 1U : 0U;
    passed += verdict == Verdict::pass ? 1U : 0U;
  }
  const std::uint64_t right = misses ? failed : passed;
  add(result, misses ? "FAIL" : "PASS", kGates, right, least_hits(kGates, kPromised), kGates);
  add(result, misses ? "PASS" : "FAIL", 0, misses ? passed : failed, 0, 0);
  return result;
}

}  // namespace

std::vector<SelfTestCaseResult> test_rules(const SelfTestRules& rules, std::uint64_t seed) {
  return {test_intervals(rules, seed), test_gate(rules, seed, 1.3), test_gate(rules, seed, 0.7)};
}

}  // namespace busmark
