// SPDX-License-Identifier: Apache-2.0
#include "stat/known_process.hpp"

#include <doctest/doctest.h>

namespace busmark {
namespace {

using std::chrono::microseconds;

/// The largest error of p50, p95 and p99 of a long series, as a share of the truth.
double worst_error(KnownProcess& process) {
  const DrawnRepetition drawn(process, 2'000'000, 1);
  double worst = 0;
  for (const std::uint32_t parts : {500'000U, 950'000U, 990'000U}) {
    const auto value = static_cast<double>(drawn.latency().whole.value_at(Percentile{parts}));
    worst = std::max(worst, std::abs(value / process.percentile(parts / 1e6) - 1));
  }
  return worst;
}

TEST_CASE("a long series of each known process has the percentiles that theory says") {
  CHECK(worst_error(*independent_process(microseconds(50), 0.5, 1)) < 0.01);
  CHECK(worst_error(*queue_process(0.7, microseconds(7), 2)) < 0.05);
  CHECK(worst_error(*correlated_process(microseconds(50), 0.5, 0.9, 3)) < 0.03);
  TwoLevels levels{.low = microseconds(50), .high = microseconds(80)};
  levels.messages_high = 200;
  CHECK(worst_error(*two_level_process(levels, 4)) < 0.03);
  Stalls stalls;
  stalls.per_second = 400;
  stalls.mean = microseconds(100);
  CHECK(worst_error(*stall_process(stalls, 5)) < 0.1);
}

TEST_CASE("a known process repeats itself for the same seed and differs for another") {
  const auto first = queue_process(0.7, microseconds(7), 1);
  const auto again = queue_process(0.7, microseconds(7), 1);
  const auto other = queue_process(0.7, microseconds(7), 2);
  const double value = first->next();
  CHECK(again->next() == value);
  CHECK(other->next() != value);
}

TEST_CASE("the sections of a drawn repetition add up to it") {
  const auto process = queue_process(0.7, microseconds(7), 1);
  const DrawnRepetition drawn(*process, 1003, 20, 2);
  const RepetitionLatency latency = drawn.latency();
  CHECK(latency.sections.size() == 20);
  std::uint64_t sum = 0;
  for (const DecodedHistogram* section : latency.sections) sum += section->total();
  CHECK(sum == 1003);
  CHECK(latency.whole.total() == 1003);
}

}  // namespace
}  // namespace busmark
