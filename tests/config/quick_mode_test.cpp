// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <doctest/doctest.h>

#include "config/file.hpp"

using namespace busmark;
using namespace std::chrono_literals;

namespace {

RunConfig make_config(std::size_t scenarios, std::uint32_t repetitions, Nanoseconds warmup,
                      Nanoseconds duration) {
  RunConfig config;
  config.run.repetitions = repetitions;
  Scenario scenario;
  scenario.warmup = warmup;
  scenario.duration = duration;
  config.scenarios.assign(scenarios, scenario);
  return config;
}

}  // namespace

TEST_CASE("the planned time counts warm-up, duration and 50 ms for each repetition") {
  CHECK(planned_time(make_config(4, 3, 100ms, 300ms)) == 4 * 3 * 450ms);
  CHECK(planned_time(RunConfig{}) == 0ms);
}

TEST_CASE("a run that fits keeps its times in quick mode and loses only its retries") {
  auto config = make_config(4, 3, 100ms, 300ms);
  scale_to_quick(config, planned_time(config));
  CHECK(config.run.quick);
  CHECK(config.run.retries == 0);
  CHECK(config.run.repetitions == 3);
  CHECK(config.scenarios[0].warmup == 100ms);
  CHECK(config.scenarios[0].duration == 300ms);
}

TEST_CASE(
    "quick mode bounds repetitions beyond the planned ones by its time, or by a shorter one") {
  auto config = make_config(1, 3, 100ms, 300ms);
  scale_to_quick(config, 30s);
  CHECK(config.run.at_most == 30s);
  config.run.at_most = 5min;
  scale_to_quick(config, 30s);
  CHECK(config.run.at_most == 30s);
  auto shorter = make_config(4, 3, 500ms, 1s);
  shorter.run.at_most = 10s;
  scale_to_quick(shorter, 30s);
  CHECK(shorter.run.at_most == 10s);
  CHECK(planned_time(shorter) <= 10s);
}

TEST_CASE("quick mode waits for no level where it has to shorten the run") {
  auto config = make_config(4, 3, 10s, 300ms);
  for (Scenario& scenario : config.scenarios) scenario.warmup_ends_steady = true;
  auto fits = config;
  scale_to_quick(fits, planned_time(config));
  CHECK(fits.scenarios[0].warmup_ends_steady);
  scale_to_quick(config, 30s);
  CHECK_FALSE(config.scenarios[0].warmup_ends_steady);
  CHECK(config.scenarios[0].warmup == 200ms);
  CHECK(config.scenarios[0].duration == 300ms);
}

TEST_CASE("a nanosecond too much scales warm-up and duration by one factor") {
  auto config = make_config(4, 3, 1s, 2s);
  scale_to_quick(config, planned_time(config) - 1ns);
  CHECK(config.run.repetitions == 3);
  CHECK(config.scenarios[0].duration < 2s);
  CHECK(config.scenarios[0].duration > 1999ms);
  CHECK(config.scenarios[0].warmup < 1s);
  CHECK(planned_time(config) <= 36s + 600ms);
}

TEST_CASE("quick mode drops repetitions only as far as a duration would fall below 100 ms") {
  auto config = make_config(40, 5, 500ms, 1s);
  scale_to_quick(config, 30s);
  // 30 s / 40 / r - 50 ms, of which two thirds are the duration: 133 ms at 3 and 91 ms at 4.
  CHECK(config.run.repetitions == 3);
  CHECK(config.scenarios[0].duration >= 100ms);
  CHECK(planned_time(config) <= 30s);
  CHECK(planned_time(config) > 29s);
}

TEST_CASE("a budget below the set-up time leaves one repetition of a millisecond") {
  auto config = make_config(100, 5, 200ms, 1s);
  scale_to_quick(config, 1s);
  CHECK(config.run.repetitions == 1);
  CHECK(config.scenarios[0].warmup == 0ms);
  CHECK(config.scenarios[0].duration == 1ms);
  CHECK(planned_time(config) == 100 * 51ms);
}
