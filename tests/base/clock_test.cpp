// SPDX-License-Identifier: Apache-2.0
#include "busmark/base/clock.hpp"

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

/// Nanoseconds that CLOCK_MONOTONIC_RAW and the clock under test see over the same stretch.
struct Stretch {
  double raw_ns = 0;
  double clock_ns = 0;
};

std::int64_t raw_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Stretch measure(const Clock& clock) {
  const std::int64_t raw = raw_now();
  const std::int64_t start = clock.now_after_loads();
  while (raw_now() - raw < 50'000'000) {
  }
  const std::int64_t end = clock.now_after_loads();
  return {static_cast<double>(raw_now() - raw),
          static_cast<double>(clock.to_nanoseconds(end - start))};
}

TEST_CASE("both clock sources tell the same time as CLOCK_MONOTONIC_RAW") {
  for (const auto preference : {Clock::Preference::automatic, Clock::Preference::system}) {
    const Clock clock = Clock::calibrate(preference);
    // The best of several stretches: a preemption between the two reads only lengthens one side.
    double best = 1;
    for (int attempt = 0; attempt < 5; ++attempt) {
      const Stretch stretch = measure(clock);
      best = std::min(best, std::abs(stretch.clock_ns / stretch.raw_ns - 1));
    }
    CAPTURE(to_string(clock.info().source));
    CHECK(best < 0.001);
  }
}

TEST_CASE("the clock never goes back on one thread") {
  const Clock clock = Clock::calibrate();
  std::int64_t previous = clock.now_after_loads();
  std::int64_t steps_back = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::int64_t next = clock.now_after_loads();
    steps_back += next < previous ? 1 : 0;
    previous = next;
  }
  CHECK(steps_back == 0);
}

TEST_CASE("ticks and nanoseconds convert into each other, negative ones too") {
  const Clock clock = Clock::calibrate();
  // Ticks are whole; those of an ARM counter may take 16 ns and more.
  const std::int64_t close = 2 + static_cast<std::int64_t>(1e9 / clock.ticks_per_second());
  for (const Nanoseconds duration : {Nanoseconds(1'000), Nanoseconds(60'000'000'000)}) {
    const std::int64_t there_and_back = clock.to_nanoseconds(clock.to_ticks(duration));
    CHECK(std::abs(there_and_back - duration.count()) <= close);
    CHECK(std::abs(clock.to_nanoseconds(-clock.to_ticks(duration)) + duration.count()) <= close);
  }
}

TEST_CASE("the system clock counts nanoseconds exactly") {
  const Clock clock = Clock::calibrate(Clock::Preference::system);
  CHECK(clock.info().source == ClockSource::clock_gettime);
  CHECK(clock.to_nanoseconds(123'456'789) == 123'456'789);
  CHECK(clock.to_ticks(Nanoseconds(123'456'789)) == 123'456'789);
}

TEST_CASE("a counter that is asked for is had, or why not is said") {
  const Clock automatic = Clock::calibrate();
  try {
    const Clock clock = Clock::calibrate(Clock::Preference::counter);
    CHECK(clock.info().source == automatic.info().source);
    CHECK(clock.info().source != ClockSource::clock_gettime);
  } catch (const SetupError& error) {
    CHECK(automatic.info().source == ClockSource::clock_gettime);
    CHECK(std::string(error.what()).find(automatic.info().reason) != std::string::npos);
  }
}

TEST_CASE("a counter that is not invariant is not taken, and the clock says so") {
  const CpuCounter varying{.readable = true, .invariant = false};
  const Clock clock = Clock::calibrate(Clock::Preference::automatic, {}, varying);
  CHECK(clock.info().source == ClockSource::clock_gettime);
  CHECK(clock.info().reason == "the TSC of this CPU is not invariant");
  CHECK(clock.ticks_per_second() == 1e9);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(Clock::calibrate(Clock::Preference::counter, {}, varying)),
      "the clock \"counter\" cannot be had: the TSC of this CPU is not invariant; use \"auto\" or "
      "\"system\"",
      SetupError);
}

TEST_CASE("an architecture whose counter nobody can read has the system's clock") {
  const Clock clock = Clock::calibrate(Clock::Preference::automatic, {}, CpuCounter{});
  CHECK(clock.info().source == ClockSource::clock_gettime);
  CHECK(clock.info().reason == "no cycle counter is known for this architecture");
}

TEST_CASE("an invariant counter is all that it takes") {
  const CpuCounter invariant{.readable = true, .invariant = true};
  if (!CpuCounter::of_this_cpu().readable) return;  // nothing to read it with
  const Clock clock = Clock::calibrate(Clock::Preference::automatic, {}, invariant);
  CHECK(clock.info().source != ClockSource::clock_gettime);
  CHECK(clock.info().ticks_per_second > 0);
}

TEST_CASE("calibration reports cost, resolution and its own error") {
  const Clock clock = Clock::calibrate();
  CHECK(clock.info().read_cost_ns > 0);
  CHECK(clock.info().ordered_read_cost_ns > 0);
  CHECK(clock.info().resolution_ns > 0);
  CHECK(clock.info().calibration_ppm >= 0);
  CHECK_FALSE(clock.info().reason.empty());
}

}  // namespace
}  // namespace busmark
