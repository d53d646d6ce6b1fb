// SPDX-License-Identifier: Apache-2.0
#include "stat/percentile_interval.hpp"

#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "stat/known_process.hpp"

namespace busmark {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Percentile kP95OfAll{950'000};
constexpr Percentile kP999OfAll{999'000};

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
  return PercentileIntervals(std::move(repetitions)).of(kP95OfAll);
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
  const PercentileInterval beyond = intervals.of(kP999OfAll);
  CHECK(beyond.value == kNever);
  CHECK(beyond.low == kNever);
  const PercentileInterval within = intervals.of(kP95OfAll);
  CHECK(within.value < milliseconds(1));
  CHECK(within.high < milliseconds(1));
}

TEST_CASE("some repetitions of which too little arrived leave the interval without an end") {
  std::vector<RepetitionLatency> repetitions(5, mostly_fast(milliseconds(1), 6'000));
  repetitions[2].missing = 20'000;
  const PercentileInterval interval = PercentileIntervals(std::move(repetitions)).of(kP95OfAll);
  CHECK(interval.known);
  CHECK(interval.high == kNever);
  CHECK(interval.low < kNever);
}

TEST_CASE("what never arrived moves the percentile up, as if it had taken for ever") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 1000; ++value) histogram.record(value);
  RepetitionLatency repetition{.whole = DecodedHistogram(histogram)};
  repetition.missing = 25;
  // ceil(0.95 * 1025) = 974.
  CHECK(PercentileIntervals({repetition}).of(kP95OfAll).value == Nanoseconds(974));
}

TEST_CASE("the value is the percentile of the merged histogram where repetitions agree") {
  std::vector<DrawnRepetition> drawn;
  std::vector<RepetitionLatency> repetitions;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    drawn.emplace_back(*queue_process(0.7, microseconds(7), seed), 10'000, 20);
  }
  DecodedHistogram together = drawn.front().latency().whole;
  for (std::size_t i = 1; i < drawn.size(); ++i) together.merge(drawn[i].latency().whole);
  for (const DrawnRepetition& one : drawn) repetitions.push_back(one.latency());
  const PercentileIntervals intervals(std::move(repetitions));
  for (const Percentile percentile : {Percentile{500'000}, kP95OfAll, Percentile{990'000}}) {
    CHECK(intervals.of(percentile).value == as_nanoseconds(together.value_at(percentile)));
  }
  CHECK(intervals.count() == 30'000);
}

TEST_CASE("no value is above the largest sample, which may be known better than by its bucket") {
  Histogram histogram;
  histogram.record_n(1'000'001, 100'000);
  RepetitionLatency repetition{.whole = DecodedHistogram(histogram)};
  repetition.max = Nanoseconds(1'000'001);
  const PercentileInterval interval =
      PercentileIntervals({repetition, repetition, repetition}).of(kP95OfAll);
  CHECK(interval.value == repetition.max);
  CHECK(interval.high == repetition.max);
}

/// How often the interval of a percentile holds the truth, and how wide it is.
struct CoverageCount {
  int holds = 0;
  int known = 0;
  double width = 0;            ///< Mean, as a share of the truth.
  double effective_count = 0;  ///< Mean.
};

using MakeProcess = std::unique_ptr<KnownProcess> (*)(std::uint64_t seed);

CoverageCount coverage_of(MakeProcess make, Percentile percentile, std::size_t repetitions,
                          std::size_t sections = 20, int trials = 100) {
  constexpr std::size_t kMessages = 10'000;
  CoverageCount coverage;
  const double truth = make(1)->percentile(percentile.parts_per_million / 1e6);
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<DrawnRepetition> drawn;
    std::vector<RepetitionLatency> latencies;
    for (std::size_t i = 0; i < repetitions; ++i) {
      const auto process = make(static_cast<std::uint64_t>(trial) * 100 + i + 1);
      drawn.emplace_back(*process, kMessages, sections);
    }
    for (const DrawnRepetition& one : drawn) latencies.push_back(one.latency());
    const PercentileInterval interval = PercentileIntervals(std::move(latencies)).of(percentile);
    // A value is told as the end of its bucket.
    const double low = static_cast<double>(interval.low.count()) * 0.999;
    const double high = static_cast<double>(interval.high.count()) * 1.001;
    coverage.known += interval.known ? 1 : 0;
    coverage.holds += low <= truth && truth <= high ? 1 : 0;
    coverage.width += (high - low) / truth / trials;
    coverage.effective_count += interval.effective_count / trials;
  }
  return coverage;
}

std::unique_ptr<KnownProcess> busy_queue(std::uint64_t seed) {
  return queue_process(0.7, microseconds(7), seed);
}
std::unique_ptr<KnownProcess> autoregression(std::uint64_t seed) {
  return correlated_process(microseconds(50), 0.5, 0.99, seed);
}
std::unique_ptr<KnownProcess> changing_levels(std::uint64_t seed) {
  return two_level_process(
      {.low = microseconds(50), .high = microseconds(80), .messages_high = 200}, seed);
}
std::unique_ptr<KnownProcess> independent_samples(std::uint64_t seed) {
  return independent_process(microseconds(50), 0.5, seed);
}

TEST_CASE("intervals hold the truth although samples depend on their neighbours") {
  for (const MakeProcess make : {busy_queue, autoregression, changing_levels}) {
    for (const Percentile percentile : {Percentile{500'000}, kP95OfAll}) {
      for (const std::size_t repetitions : {1U, 3U}) {
        const CoverageCount coverage = coverage_of(make, percentile, repetitions);
        CAPTURE(make(1)->percentile(0.5));
        CAPTURE(percentile.percent());
        CAPTURE(repetitions);
        CHECK(coverage.known >= 90);
        CHECK(coverage.holds >= 92);
      }
    }
  }
}

TEST_CASE("without sections one repetition has an interval that is far too narrow, and says so") {
  const CoverageCount coverage = coverage_of(busy_queue, kP95OfAll, 1, 1);
  CHECK(coverage.known == 0);
  CHECK(coverage.holds < 60);
}

TEST_CASE("more repetitions narrow the interval") {
  const double three = coverage_of(busy_queue, kP95OfAll, 3, 20, 30).width;
  const double five = coverage_of(busy_queue, kP95OfAll, 5, 20, 30).width;
  const double ten = coverage_of(busy_queue, kP95OfAll, 10, 20, 30).width;
  CHECK(five < three);
  CHECK(ten < five);
}

TEST_CASE("samples that depend on their neighbours are worth fewer, and none more than one") {
  CHECK(coverage_of(autoregression, kP95OfAll, 3, 20, 20).effective_count < 30'000 / 20.0);
  const double all = coverage_of(independent_samples, kP95OfAll, 3, 20, 20).effective_count;
  CHECK(all > 15'000);
  CHECK(all <= 30'000);
}

TEST_CASE("one repetition that changes its level too seldom does not know its interval") {
  Histogram fast;
  Histogram slow;
  fast.record_n(50'000, 1'000);
  slow.record_n(80'000, 1'000);
  std::vector<DecodedHistogram> levels{DecodedHistogram(fast), DecodedHistogram(slow)};
  RepetitionLatency repetition;
  for (std::size_t i = 0; i < 20; ++i) {
    repetition.sections.push_back(&levels[i / 10]);
    repetition.whole.merge(levels[i / 10]);
  }
  const PercentileInterval one = PercentileIntervals({repetition}).of({500'000});
  CHECK_FALSE(one.known);
  CHECK(one.lag1_correlation > 0.4);
  const PercentileInterval three =
      PercentileIntervals({repetition, repetition, repetition}).of({500'000});
  CHECK(three.known);
}

TEST_CASE("deliveries of the same message count as one sample") {
  DrawnRepetition drawn(*independent_samples(1), 20'000, 20);
  const PercentileInterval alone = PercentileIntervals({drawn.latency()}).of(kP95OfAll);
  const PercentileInterval copied = PercentileIntervals({drawn.latency()}, 64).of(kP95OfAll);
  CHECK(copied.effective_count <= 20'000 / 64.0);
  CHECK(copied.high - copied.low > 2 * (alone.high - alone.low));
}

TEST_CASE("a percentile is carried by as many independent samples as it needs, not by all") {
  const DrawnRepetition busy(*queue_process(0.95, microseconds(9), 3), 10'000, 20);
  const PercentileInterval interval = PercentileIntervals({busy.latency()}).of(Percentile{990'000});
  CHECK(busy.latency().whole.total() > 368);
  CHECK_FALSE(carries(interval));
  CHECK(carries(PercentileIntervals({busy.latency(), busy.latency()}).of(Percentile{500'000})));
}

TEST_CASE("no samples at all are no interval") {
  const PercentileInterval interval = PercentileIntervals({}).of(kP95OfAll);
  CHECK_FALSE(interval.known);
  CHECK(interval.high == kNever);
}

}  // namespace
}  // namespace busmark
