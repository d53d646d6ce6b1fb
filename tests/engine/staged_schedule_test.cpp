// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "aspect/stages/stages.hpp"
#include "engine/load_curve.hpp"
#include "engine/schedule.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kBegin = 1'000'000'000'000'000;
constexpr double kTicksPerSecond = 1e9;
constexpr MessageRate kLoad{1'000};

std::vector<LoadStage> rows(const std::vector<std::string>& lines) {
  std::vector<Stage> stages;
  for (const std::string& line : lines) stages.push_back(parse_stage(line));
  return expand_stages(stages, kLoad);
}

LoadCurve curve(const std::vector<std::string>& lines, Nanoseconds warmup = 0ns) {
  return {rows(lines), kLoad, warmup.count(), kTicksPerSecond};
}

/// What is due, from the start, of one producer or of several merged.
std::vector<std::int64_t> due_times(const LoadCurve& load, std::uint32_t producers = 1,
                                    Arrivals arrivals = Arrivals::constant,
                                    std::uint64_t seed = 1) {
  std::vector<std::int64_t> times;
  for (std::uint32_t p = 0; p < producers; ++p) {
    StagedSchedule schedule(kBegin, load, {.producers = producers, .producer = p}, arrivals, seed);
    for (std::int64_t due = schedule.next(); due != StagedSchedule::kNever; due = schedule.next()) {
      times.push_back(due - kBegin);
    }
    CHECK(schedule.next() == StagedSchedule::kNever);
  }
  if (producers > 1) std::sort(times.begin(), times.end());
  return times;
}

std::vector<std::int64_t> milliseconds(std::initializer_list<double> values) {
  std::vector<std::int64_t> times;
  for (const double value : values) times.push_back(static_cast<std::int64_t>(value * 1e6 + 1e-3));
  return times;
}

/// One scenario with every shape in it.
const std::vector<std::string> kEverything{"1x for 200ms",
                                           "ramp to 9x over 300ms",
                                           "step -2x every 50ms to 3x",
                                           "quiet for 70ms",
                                           "ramp to 2x over 100ms",
                                           "burst of 17 every 30ms for 200ms",
                                           "10x for 33ms",
                                           "on 7ms off 13ms at 3333/s for 250ms",
                                           "777/s for 111ms"};

TEST_CASE("a constant stage has the due times of a constant load") {
  CHECK(due_times(curve({"1x for 4ms", "2x for 2ms"})) ==
        milliseconds({0, 1, 2, 3, 4, 4.5, 5, 5.5}));
  RateSchedule constant(kBegin, {.period_ticks = 1e6});
  std::int64_t wrong = 0;
  for (const std::int64_t due : due_times(curve({"1x for 1000s"}))) {
    wrong += due + kBegin != constant.next() ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a burst is due at once and its whole number again after each period") {
  CHECK(due_times(curve({"burst of 3 every 10ms for 25ms", "1x for 2ms"})) ==
        milliseconds({0, 0, 0, 10, 10, 10, 20, 20, 20, 25, 26}));
}

TEST_CASE("on and off: as a constant load while it is on, then nothing") {
  CHECK(due_times(curve({"on 2ms off 8ms for 21ms"})) == milliseconds({0, 1, 10, 11, 20}));
  // 2.5 messages in each cycle: the half is made up for in the next one.
  CHECK(due_times(curve({"on 2.5ms off 7.5ms for 20ms"})) == milliseconds({0, 1, 2, 10.5, 11.5}));
}

TEST_CASE("nothing is due while it is quiet, and the next stage begins on time") {
  CHECK(due_times(curve({"1x for 2ms", "quiet for 5ms", "1x for 2ms", "quiet for 3ms"})) ==
        milliseconds({0, 1, 7, 8}));
}

TEST_CASE("each step lasts as long as it says") {
  CHECK(due_times(curve({"step +1k/s every 2ms to 3k/s"})) ==
        milliseconds({0, 0.5, 1, 1.5, 2, 2 + 1.0 / 3, 2 + 2.0 / 3, 3, 3 + 1.0 / 3, 3 + 2.0 / 3}));
}

TEST_CASE("a ramp sends message k when the integral of its rate is k, to a nanosecond") {
  for (const char* line : {"ramp to 3x over 1s", "ramp to 0.001x over 1s", "ramp to 50x over 1s"}) {
    CAPTURE(line);
    const LoadStage row = rows({line}).front();
    const auto times = due_times(curve({line}));
    CHECK(static_cast<double>(times.size()) == std::ceil(row.messages() - 1e-6));
    double worst = 0;
    for (std::size_t k = 0; k < times.size(); ++k) {
      const double t = static_cast<double>(times[k]) / 1e9;
      const double messages = row.from * t + (row.to - row.from) * t * t / 2;
      const double rate = row.from + (row.to - row.from) * t;
      // How far the time is from the right one: the messages it is wrong by over the rate.
      worst = std::max(worst, std::abs(messages - static_cast<double>(k)) / rate);
    }
    CHECK(worst < 2e-9);
  }
}

TEST_CASE("a ramp from nothing begins with the first message that it makes") {
  const auto times = due_times(curve({"quiet for 10ms", "ramp to 2x over 1s"}));
  REQUIRE(times.size() == 1000);
  CHECK(times[0] == 10'000'000);
  CHECK(std::abs(times[250] - 510'000'000) <= 1);  // sqrt(250 / 1000) s
}

TEST_CASE("the warm-up has the load's rate, and the first stage begins with a message") {
  CHECK(due_times(curve({"2x for 1ms"}, 2500us)) == milliseconds({0, 1, 2, 2.5, 3}));
  CHECK(due_times(curve({"burst of 2 every 1ms for 1ms"}, 2ms)) == milliseconds({0, 1, 2, 2}));
}

TEST_CASE("producers take turns and together make the schedule of one, whatever the shape") {
  const LoadCurve load = curve(kEverything, 15ms);
  const auto alone = due_times(load);
  CHECK(alone.size() > 2'000);
  CHECK(std::is_sorted(alone.begin(), alone.end()));
  for (const std::uint32_t producers : {2U, 3U, 7U}) {
    CAPTURE(producers);
    CHECK(due_times(load, producers) == alone);
  }
}

TEST_CASE("the curve counts what is due before any moment") {
  const LoadCurve load = curve(kEverything, 15ms);
  const auto times = due_times(load);
  CHECK(std::ceil(load.total() - 1e-6) == static_cast<double>(times.size()));
  double worst = 0;
  for (std::int64_t t = 0; t < 1'600'000'000; t += 333'331) {
    const auto before = std::lower_bound(times.begin(), times.end(), t) - times.begin();
    const double counted = load.due_before(static_cast<double>(t));
    worst = std::max(worst, std::abs(std::ceil(counted) - static_cast<double>(before)));
  }
  CHECK(worst <= 1);
  CHECK(load.due_before(0) == 0);
  CHECK(load.due_before(-5) == 0);
  CHECK(load.due_before(1e15) == load.total());
}

TEST_CASE("a burst counts from the moment behind it on") {
  const LoadCurve load = curve({"burst of 10 every 10ms for 30ms"});
  CHECK(load.due_before(0) == 0);
  CHECK(load.due_before(1) == 10);
  CHECK(load.due_before(10e6) == 10);
  CHECK(load.due_before(10e6 + 1) == 20);
  CHECK(load.due_before(30e6) == 30);
}

TEST_CASE("no error adds up: a message of a day-long load is due to a tick") {
  const LoadCurve load = curve({"on 1ms off 1ms at 1M/s for 24h"});
  // Message k: cycle k / 1000, each 2 ms long, 1 us apart within it.
  for (const std::int64_t k : {0LL, 999LL, 1'000LL, 12'345'678'901LL, 43'199'999'999LL}) {
    const auto due = static_cast<std::int64_t>(load.segments().back().due(static_cast<double>(k)));
    CHECK(std::abs(due - (k / 1000 * 2'000'000 + k % 1000 * 1'000)) <= 1);
  }
}

TEST_CASE("Poisson arrivals have each stage's mean, burst, ramp and pause included") {
  const auto stages = rows(kEverything);
  const LoadCurve load = curve(kEverything);
  constexpr int kRuns = 400;
  std::vector<double> counts(stages.size());
  for (int run = 0; run < kRuns; ++run) {
    for (const std::int64_t due :
         due_times(load, 3, Arrivals::poisson, static_cast<std::uint64_t>(run))) {
      for (std::size_t i = 0; i < stages.size(); ++i) {
        const bool inside = due >= stages[i].begin.count() && due < stages[i].end().count();
        counts[i] += inside ? 1 : 0;
      }
    }
  }
  for (std::size_t i = 0; i < stages.size(); ++i) {
    CAPTURE(stages[i].name);
    const double expected = stages[i].messages() * kRuns;
    CHECK(std::abs(counts[i] - expected) <= 5 * std::sqrt(expected) + kRuns * 1e-3);
  }
}

TEST_CASE("Poisson gaps are exponential once time is measured in messages") {
  const std::vector<std::string> lines{"ramp to 40x over 1s", "5x for 1s", "ramp to 1x over 1s"};
  const LoadCurve load = curve(lines);
  std::vector<double> gaps;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    double before = 0;
    for (const std::int64_t due : due_times(load, 1, Arrivals::poisson, seed)) {
      const double messages = load.due_before(static_cast<double>(due) + 0.5);
      gaps.push_back(messages - before);
      before = messages;
    }
  }
  std::sort(gaps.begin(), gaps.end());
  const auto count = static_cast<double>(gaps.size());
  double furthest = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    furthest =
        std::max(furthest, std::abs(static_cast<double>(i) / count - (1 - std::exp(-gaps[i]))));
  }
  CHECK(count > 400'000);
  CHECK(furthest < 1.95 / std::sqrt(count));
}

TEST_CASE("the same seed gives the same staged Poisson schedule, another one does not") {
  const LoadCurve load = curve(kEverything);
  CHECK(due_times(load, 2, Arrivals::poisson, 5) == due_times(load, 2, Arrivals::poisson, 5));
  CHECK(due_times(load, 2, Arrivals::poisson, 5) != due_times(load, 2, Arrivals::poisson, 6));
}

TEST_CASE("the mean of a load is that of its stages") {
  Scenario scenario;
  scenario.load.rate = kLoad;
  CHECK(intended_rate(scenario) == 1000);
  scenario.stages = {parse_stage("1x for 1s"), parse_stage("5x for 1s"),
                     parse_stage("quiet for 1s")};
  CHECK(intended_rate(scenario) == doctest::Approx(2000));
  scenario.load.rate.reset();
  CHECK(intended_rate(scenario) == 0);
}

}  // namespace
}  // namespace busmark
