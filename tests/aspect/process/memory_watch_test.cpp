// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/memory_watch.hpp"

#include <sys/mman.h>

#include <cstring>

#include <doctest/doctest.h>

#include "engine/phase.hpp"
#include "engine/registry.hpp"
#include "plan/limits.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

Scenario with_memory_budget(const std::string& budget) {
  Scenario scenario = testing::short_scenario();
  scenario.load.rate = MessageRate{10'000};
  scenario.budget = {parse_budget(budget)};
  return scenario;
}

TEST_CASE("growth leaves out what busmark has recorded, and nothing grows below none") {
  MemoryResult memory{.before = 1000, .after = 1500, .peak = 1600, .own = 200};
  CHECK(memory.growth() == 300);
  CHECK(memory.growth_at_most() == 500);
  memory.own = 600;
  CHECK(memory.growth() == 0);
  memory.after = 900;
  CHECK(memory.growth() == 0);
  memory.before.reset();
  CHECK_FALSE(memory.growth());
}

TEST_CASE("memory that is taken between the two readings shows as growth and in the peak") {
  constexpr std::size_t kBytes = std::size_t{16} << 20;
  const MemoryWatch watch;
  void* const block =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(block != MAP_FAILED);
  std::memset(block, 1, kBytes);
  const MemoryResult result = watch.finish(1000);
  munmap(block, kBytes);
  CHECK(result.own == 1000);
  CHECK(result.growth().value() >= kBytes / 2);  // the rest may be swapped out
  if (!result.peak) return;                      // this kernel forgets no peak
  CHECK(*result.peak >= result.before.value());
  CHECK(*result.peak >= result.after.value());
}

TEST_CASE("memory is read once, shortly before the window") {
  const RepetitionPlan plan = testing::make_plan(with_memory_budget("rss < 1GB"));
  const std::unique_ptr<Observer> observer = observe_memory(plan);
  REQUIRE(observer);
  Window window;
  window.measure = plan.clock.now() + plan.clock.to_ticks(1h);
  CHECK(observer->next_tick() > window.measure);  // while nobody knows the window
  observer->window_fixed(window);
  CHECK(observer->next_tick() == window.measure - plan.clock.to_ticks(MemoryWatch::kAhead));
  observer->tick();
  CHECK(observer->next_tick() > window.measure);
}

TEST_CASE("a run that is over before its window has its memory read all the same") {
  const StopFlag stop{true};
  LiveProgress live(testing::test_clock());
  const RepetitionPlan plan = testing::make_plan(with_memory_budget("rss < 1GB"));
  const RepetitionResult result = find_transport(plan.scenario.transport)->run(plan, stop, live);
  REQUIRE(result.memory);
  CHECK(result.memory->before);
  CHECK(result.memory->after);
}

TEST_CASE("memory is watched only where a budget asks for it") {
  CHECK(testing::run(with_memory_budget("rss < 1GB")).memory);
  CHECK_FALSE(testing::run(with_memory_budget("p95 < 5ms")).memory);
}

TEST_CASE("operations refuse budgets of memory, which nobody watches there") {
  Scenario scenario = with_memory_budget("rss < 1GB");
  scenario.transport = "op/build";
  scenario.load.rate.reset();
  const auto refusal = check_transport_limits(scenario);
  REQUIRE(refusal);
  CHECK(refusal->find("op/build is not watched for memory") == 0);
}

}  // namespace
}  // namespace busmark
