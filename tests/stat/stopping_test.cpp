// SPDX-License-Identifier: Apache-2.0
#include "stat/stopping.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "stat/known_process.hpp"

namespace busmark {
namespace {

using std::chrono::microseconds;
using LookList = std::vector<std::uint32_t>;

constexpr Percentile kJudged{950'000};

/// The rule, asked after each look, of M/M/1 at load 0.7 whose true p95 is 69.9 us.
StoppingAnswer answer_at(const StoppingRule& rule, std::uint32_t repetitions) {
  std::vector<DrawnRepetition> drawn;
  for (std::uint32_t i = 0; i < repetitions; ++i) {
    drawn.emplace_back(*queue_process(0.7, microseconds(7), i + 1), 20'000, 20);
  }
  std::vector<RepetitionLatency> latencies;
  for (const DrawnRepetition& one : drawn) latencies.push_back(one.latency());
  return look(rule, PercentileIntervals(std::move(latencies)), repetitions);
}

TEST_CASE("looks double from the planned repetitions and are few") {
  CHECK(looks_of({.planned = 3, .most = 12}) == LookList{3, 6, 12});
  CHECK(looks_of({.planned = 1, .most = 100}) == LookList{1, 2, 4, 100});
  CHECK(looks_of({.planned = 5, .most = 5}) == LookList{5});
  CHECK(looks_of({.planned = 5, .most = 2}) == LookList{5});
}

TEST_CASE("with nothing to find out the planned repetitions are enough") {
  CHECK(answer_at({.planned = 3, .most = 12}, 3).reason == StopReason::planned);
}

TEST_CASE("a limit far from the percentile is decided at the first look") {
  StoppingRule rule{.planned = 3, .most = 12};
  rule.limits = {{kJudged, microseconds(1000)}};
  CHECK(answer_at(rule, 3).reason == StopReason::enough);
  rule.limits = {{kJudged, microseconds(10)}};
  CHECK(answer_at(rule, 3).reason == StopReason::enough);
}

TEST_CASE("a limit at the percentile asks for more repetitions until there are to be no more") {
  StoppingRule rule{.planned = 3, .most = 12};
  rule.limits = {{kJudged, microseconds(70)}};
  const StoppingAnswer first = answer_at(rule, 3);
  CHECK(first.reason == StopReason::go_on);
  CHECK(first.next == 6);
  CHECK(answer_at(rule, 12).reason == StopReason::at_most);
}

TEST_CASE("a coarse goal is met earlier than a fine one") {
  StoppingRule rule{.planned = 3, .most = 12};
  rule.goals = {{kJudged, 0.9}};
  CHECK(answer_at(rule, 3).reason == StopReason::enough);
  rule.goals = {{kJudged, 0.001}};
  CHECK(answer_at(rule, 3).reason == StopReason::go_on);
}

TEST_CASE("an interval that is not known or has no end is infinitely wide") {
  PercentileInterval interval{
      .value = microseconds(10), .low = microseconds(9), .high = microseconds(12), .known = true};
  CHECK(relative_half_width(interval) == doctest::Approx(0.2));
  interval.known = false;
  CHECK(std::isinf(relative_half_width(interval)));
  interval.known = true;
  interval.high = kNever;
  CHECK(std::isinf(relative_half_width(interval)));
}

}  // namespace
}  // namespace busmark
