// SPDX-License-Identifier: Apache-2.0
#include "engine/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "transport/synthetic/synthetic.hpp"

namespace busmark {
namespace {

constexpr std::int64_t kStart = 1'000'000'000'000'000;
constexpr std::int64_t kMessages = 10'000'000;

TEST_CASE("message i of the whole load is due at start + i periods, ten million messages on") {
  RateSchedule schedule(kStart, {.period_ticks = 2'900});
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < kMessages; ++i) {
    wrong += schedule.next() != kStart + i * 2'900 ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a period of half a tick more is met exactly, so no error adds up") {
  RateSchedule schedule(kStart, {.period_ticks = 2'900.5});
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < kMessages; ++i) {
    wrong += schedule.next() != kStart + i * 5'801 / 2 ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a period that is no binary fraction is met to a tick") {
  // 3.7e9 ticks/s at 1.7M/s: 37'000 / 17 ticks.
  RateSchedule schedule(kStart, {.period_ticks = 3.7e9 / 1.7e6});
  std::int64_t worst = 0;
  for (std::int64_t i = 0; i < kMessages; ++i) {
    worst = std::max(worst, std::abs(schedule.next() - (kStart + i * 37'000 / 17)));
  }
  CHECK(worst <= 1);
}

TEST_CASE("producers take turns and together make the schedule of one") {
  for (const std::uint32_t producers : {2U, 3U, 7U}) {
    CAPTURE(producers);
    std::vector<RateSchedule> schedules;
    for (std::uint32_t p = 0; p < producers; ++p) {
      schedules.emplace_back(
          kStart, ScheduleShare{.period_ticks = 2'900, .producers = producers, .producer = p});
    }
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < kMessages / 10; ++i) {
      RateSchedule& schedule = schedules[static_cast<std::uint64_t>(i) % producers];
      wrong += schedule.next() != kStart + i * 2'900 ? 1 : 0;
    }
    CHECK(wrong == 0);
  }
}

std::vector<std::int64_t> poisson_gaps(const ScheduleShare& share, std::uint64_t seed,
                                       std::size_t count) {
  RateSchedule schedule(0, share, Arrivals::poisson, seed);
  std::vector<std::int64_t> gaps;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t due = schedule.next();
    gaps.push_back(due - before);
    before = due;
  }
  return gaps;
}

TEST_CASE("Poisson gaps have the mean and the spread of the exponential distribution") {
  constexpr std::size_t kGaps = 1'000'000;
  const auto gaps =
      poisson_gaps({.period_ticks = 100'000, .producers = 3, .producer = 1}, 42, kGaps);
  double sum = 0;
  double squares = 0;
  for (const std::int64_t gap : gaps) {
    REQUIRE(gap >= 0);
    const double relative = static_cast<double>(gap) / 300'000;
    sum += relative;
    squares += relative * relative;
  }
  const double mean = sum / kGaps;
  // Five standard errors: 1 / sqrt(n) of the mean, sqrt(8 / n) of the variance.
  CHECK(std::abs(mean - 1) < 5e-3);
  CHECK(std::abs(squares / kGaps - mean * mean - 1) < 5 * std::sqrt(8.0 / kGaps));
}

TEST_CASE("Poisson gaps follow the exponential distribution all along (Kolmogorov-Smirnov)") {
  constexpr std::size_t kGaps = 100'000;
  auto gaps = poisson_gaps({.period_ticks = 1'000'000}, 7, kGaps);
  std::sort(gaps.begin(), gaps.end());
  double furthest = 0;
  for (std::size_t i = 0; i < kGaps; ++i) {
    const double expected = 1 - std::exp(-static_cast<double>(gaps[i]) / 1e6);
    furthest = std::max(furthest, std::abs(static_cast<double>(i) / kGaps - expected));
  }
  // Exceeded once in a thousand seeds; this one is fixed.
  CHECK(furthest < 1.95 / std::sqrt(static_cast<double>(kGaps)));
}

TEST_CASE("the same seed gives the same Poisson schedule; another seed or producer does not") {
  const ScheduleShare first{.period_ticks = 1'000, .producers = 2, .producer = 0};
  const ScheduleShare second{.period_ticks = 1'000, .producers = 2, .producer = 1};
  CHECK(poisson_gaps(first, 5, 1000) == poisson_gaps(first, 5, 1000));
  CHECK(poisson_gaps(first, 5, 1000) != poisson_gaps(first, 6, 1000));
  CHECK(poisson_gaps(first, 5, 1000) != poisson_gaps(second, 5, 1000));
}

TEST_CASE("Poisson due times of different producers and repetitions are not correlated") {
  const ScheduleShare first{.period_ticks = 1'000'000, .producers = 1, .producer = 0};
  const auto a = poisson_gaps(first, 5, 100'000);
  // Seeds of successive repetitions differ by one.
  const auto b = poisson_gaps(first, 6, 100'000);
  const auto c = poisson_gaps({.period_ticks = 500'000, .producers = 2, .producer = 1}, 5, 100'000);
  const auto correlation = [](const auto& x, const auto& y) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += (static_cast<double>(x[i]) / 1e6 - 1) * (static_cast<double>(y[i]) / 1e6 - 1);
    }
    return std::abs(sum) / static_cast<double>(x.size());
  };
  CHECK(correlation(a, a) == doctest::Approx(1).epsilon(0.05));
  CHECK(correlation(a, b) < 5 / std::sqrt(100'000.0));
  CHECK(correlation(a, c) < 5 / std::sqrt(100'000.0));
}

TEST_CASE("Poisson arrivals at an exponential server wait as long as queueing theory says") {
  // The transport's own arithmetic in virtual time: an M/M/1 queue, where the time in the system is
  // exponential with mean 1 / (capacity - load).
  constexpr double kServiceTicks = 20'000;        // a tick is a nanosecond here
  constexpr std::uint64_t kArrivals = 4'000'000;  // at 90 % load neighbours are much alike
  constexpr std::uint64_t kSeed = 3;
  const SyntheticProgram server = server_program(
      {.service = std::chrono::microseconds(20), .shape = ServiceShape::exponential}, {}, kSeed);
  for (const double load : {0.5, 0.8, 0.9}) {
    RateSchedule arrivals(0, {.period_ticks = kServiceTicks / load}, Arrivals::poisson, kSeed);
    std::vector<std::int64_t> times;
    std::int64_t departed = 0;
    for (std::uint64_t i = 0; i < kArrivals; ++i) {
      const std::int64_t arrived = arrivals.next();
      departed = std::max(departed, arrived) + server.delay.at(i).count();
      times.push_back(departed - arrived);
    }
    for (const double share : {0.5, 0.95, 0.99}) {
      const double theory = -std::log(1 - share) * kServiceTicks / (1 - load);
      const auto rank = static_cast<std::size_t>(share * static_cast<double>(kArrivals));
      const auto found = times.begin() + static_cast<std::ptrdiff_t>(rank);
      std::nth_element(times.begin(), found, times.end());
      CAPTURE(load);
      CAPTURE(share);
      CHECK(static_cast<double>(*found) == doctest::Approx(theory).epsilon(0.03));
    }
  }
}

}  // namespace
}  // namespace busmark
