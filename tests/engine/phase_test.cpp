// SPDX-License-Identifier: Apache-2.0
#include "engine/phase.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aspect/fault/fault.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("nobody passes the gate before all have arrived and it is opened") {
  constexpr std::uint32_t kWorkers = 4;
  StartGate gate;
  std::atomic<std::uint32_t> passed{0};
  std::atomic<std::uint32_t> wrong{0};
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t i = 0; i < kWorkers; ++i) {
      workers.emplace_back([&] {
        if (!gate.arrive_and_wait()) ++wrong;
        if (gate.window().measure != 2) ++wrong;
        ++passed;
      });
    }
    gate.wait_for(kWorkers);
    CHECK(passed == 0);
    gate.open({.start = 1, .measure = 2, .end = 3, .give_up = 4});
  }
  CHECK(passed == kWorkers);
  CHECK(wrong == 0);
}

TEST_CASE("a cancelled gate sends everybody home, also who comes later") {
  StartGate gate;
  bool early = true;
  {
    const std::jthread worker([&] { early = gate.arrive_and_wait(); });
    gate.wait_for(1);
    gate.cancel();
  }
  CHECK_FALSE(early);
  CHECK_FALSE(gate.arrive_and_wait());
}

TEST_CASE("a message belongs to the phase in which it is due, its first tick included") {
  const Window window{.start = 10, .measure = 20, .end = 30, .give_up = 40};
  CHECK_FALSE(window.measured(19));
  CHECK(window.measured(20));
  CHECK(window.measured(29));
}

TEST_CASE("production is over when the last producer is done, and the sum stands then") {
  ProductionEnd production;
  production.producers_left = 2;
  production.finish(30);
  CHECK_FALSE(production.over());
  production.finish(12);
  CHECK(production.over());
  CHECK(production.accepted == 42);
}

TEST_CASE("the phases follow each other for as long as the scenario says, from a start to come") {
  Scenario scenario = testing::short_scenario();
  scenario.warmup = 20ms;
  scenario.duration = 30ms;
  scenario.drain = 40ms;
  const Clock& clock = testing::test_clock();
  const std::int64_t before = clock.now();
  const Window window = make_window(scenario, clock);
  CHECK(window.start > before);
  CHECK(window.measure - window.start == clock.to_ticks(20ms));
  CHECK(window.end - window.measure == clock.to_ticks(30ms));
  CHECK(window.give_up - window.end == clock.to_ticks(40ms));
}

TEST_CASE("the audit has room for all that a schedule can send, and under saturation for any run") {
  Scenario scenario = testing::short_scenario();
  scenario.producers = 3;
  scenario.warmup = 1s;
  scenario.duration = 2s;
  for (const std::uint64_t limit : sequence_limits(scenario)) CHECK(limit >= 100'000);
  CHECK(sequence_limits(scenario).size() == 3);

  scenario.load.rate.reset();
  scenario.duration = 1h;
  scenario.consumers = 64;
  for (const std::uint64_t limit : sequence_limits(scenario)) CHECK(limit > 1'000'000'000'000);

  scenario.fault = parse_fault("corrupt at 10ms for 10ms");
  std::uint64_t bits = 0;
  for (const std::uint64_t limit : sequence_limits(scenario)) bits += limit * scenario.consumers;
  CHECK(bits / 8 <= std::uint64_t{256} << 20);
}

}  // namespace
}  // namespace busmark
