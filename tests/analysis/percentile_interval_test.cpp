// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/percentile_interval.hpp"

#include <doctest/doctest.h>

#include "busmark/analysis/known_process.hpp"

namespace busmark {
namespace {

using std::chrono::milliseconds;

constexpr Percentile kP95{950'000};
constexpr Percentile kP999{999'000};

/// `slow` of 100,000 messages took `value`, the others 0.1 ms.
RepetitionLatency mostly_fast(Nanoseconds value, std::uint64_t slow) {
  Histogram histogram;
  histogram.record_n(100'000, 100'000 - slow);
  histogram.record_n(static_cast<std::uint64_t>(value.count()), slow);
  return {.whole = DecodedHistogram(histogram)};
}

PercentileInterval p95_of(const std::vector<int>& milliseconds_each, std::uint64_t slow) {
  std::vector<RepetitionLatency> repetitions;
  for (const int value : milliseconds_each) {
    repetitions.push_back(mostly_fast(milliseconds(value), slow));
  }
  return PercentileIntervals(std::move(repetitions)).of(kP95);
}

TEST_CASE("one good repetition of five does not bring a limit into the interval") {
  for (const std::uint64_t slow : {6'000U, 100'000U}) {
    CAPTURE(slow);
    const PercentileInterval interval = p95_of({25, 4, 30, 28, 27}, slow);
    CHECK(interval.known);
    CHECK(interval.low > milliseconds(5));
    CHECK(interval.value >= interval.low);
    CHECK(interval.value <= interval.high);
  }
}

TEST_CASE("one bad repetition of five leaves the limit inside the interval") {
  for (const std::uint64_t slow : {6'000U, 100'000U}) {
    CAPTURE(slow);
    const PercentileInterval interval = p95_of({25, 4, 3, 4, 4}, slow);
    CHECK(interval.known);
    CHECK(interval.low < milliseconds(5));
    CHECK(interval.high > milliseconds(5));
  }
}

TEST_CASE("one repetition without sections has no known interval") {
  const PercentileInterval interval = p95_of({4}, 6'000);
  CHECK_FALSE(interval.known);
  CHECK(interval.effective_count == 100'000);
}

TEST_CASE("a percentile above the share that arrived is never") {
  std::vector<RepetitionLatency> repetitions(3, mostly_fast(milliseconds(1), 100));
  for (RepetitionLatency& one : repetitions) one.missing = 900;
  const PercentileIntervals intervals(std::move(repetitions));
  const PercentileInterval beyond = intervals.of(kP999);
  CHECK(beyond.value == kNever);
  CHECK(beyond.low == kNever);
  const PercentileInterval within = intervals.of(kP95);
  CHECK(within.value < milliseconds(1));
  CHECK(within.high < milliseconds(1));
}

TEST_CASE("no samples at all are no interval") {
  const PercentileInterval interval = PercentileIntervals({}).of(kP95);
  CHECK_FALSE(interval.known);
  CHECK(interval.high == kNever);
}

}  // namespace
}  // namespace busmark
