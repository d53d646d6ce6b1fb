// SPDX-License-Identifier: Apache-2.0
#include "aspect/warmup/warmup.hpp"

#include <doctest/doctest.h>

#include "aspect/warmup/steady_state.hpp"
#include "engine/phase.hpp"
#include "support/plans.hpp"
#include "transport/synthetic/synthetic.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::conserved;
using testing::short_scenario;
using testing::test_clock;

Window window_from(std::int64_t start) {
  return {.start = start, .measure = start + 1000, .end = start + 3000, .give_up = start + 4000};
}

TEST_CASE("a worker's window is the one that stands when it begins to read, and follows it") {
  const Clock& clock = test_clock();
  WindowBoard board;
  const std::int64_t far = clock.now() + clock.to_ticks(1h);
  board.post(window_from(far));
  Window early;
  Window late;
  Window gone;
  const WindowBoard::Reader first(board, early);
  { const WindowBoard::Reader reader(board, gone); }
  CHECK(early.measure == far + 1000);

  const std::int64_t before = clock.now();
  (void)board.bring_forward(clock, 500);
  const std::int64_t after = clock.now();
  const WindowBoard::Reader second(board, late);
  for (const Window* window : {&early, &late}) {
    CHECK(window->start == far);
    CHECK(window->measure >= before + 500);
    CHECK(window->measure <= after + 500);
    CHECK(window->end - window->measure == 2000);
    CHECK(window->give_up - window->end == 1000);
  }
  CHECK(gone.measure == far + 1000);  // nobody writes to who is gone
}

TEST_CASE("a window is never put off, and who tells it too late says so") {
  const Clock& clock = test_clock();
  WindowBoard board;
  const std::int64_t soon = clock.now();
  board.post(window_from(soon));
  CHECK(board.bring_forward(clock, clock.to_ticks(1h)));
  CHECK(board.window().measure == soon + 1000);
  board.post(window_from(soon + clock.to_ticks(1h)));
  CHECK_FALSE(board.bring_forward(clock, 0));  // half of nothing is over
}

/// Half a second of measuring at 2k/s over the synthetic transport, with a warm-up by rule.
Scenario ruled(Nanoseconds limit) {
  Scenario scenario = short_scenario("synthetic");
  scenario.load.rate = MessageRate{2'000};
  scenario.wait = WaitStrategy::park;
  scenario.warmup = limit;
  scenario.warmup_ends_steady = true;
  scenario.duration = 100ms;
  scenario.capacity = 65'536;
  return scenario;
}

RepetitionResult run_ruled(const Scenario& scenario, const DelayProgram& delay,
                           const StopFlag& stop = StopFlag{false}) {
  SyntheticProgram program{.clock = test_clock(), .delay = delay};
  RepetitionPlan plan = testing::make_plan(scenario);
  plan.synthetic = &program;
  LiveProgress live(test_clock());
  return find_transport(scenario.transport)->run(plan, stop, live);
}

/// The window is one of its length wherever it was put, and no message of it is missing.
void check_measured(const RepetitionResult& result) {
  REQUIRE(result.warmup);
  CHECK_FALSE(result.warmup->told_late);
  CHECK(result.counts.published >= 199);
  CHECK(result.counts.published <= 201);
  CHECK(result.counts.received == result.counts.published);
  CHECK(result.response.total() == result.counts.received);
  CHECK(result.pacing.lag.total() == result.counts.published);
  CHECK(result.pacing.unsent == 0);
  CHECK(conserved(result.counts));
  CHECK(result.warmup_lost == 0);
  CHECK_FALSE(result.ended_early);
}

/// So slow that what a busy machine adds is little of it.
constexpr DelayProgram kSlow{.low = 100ms};
constexpr Nanoseconds kShortestWarmup = SteadyState::kWindow * SteadyState::kFewestWindows;

TEST_CASE("a warm-up ends when the level is reached, and what is due then is measured exactly") {
  const RepetitionResult result = run_ruled(ruled(60s), kSlow);
  check_measured(result);
  CHECK(result.warmup->steady);
  CHECK(result.warmup->length >= kShortestWarmup);
  CHECK(result.warmup->length < 60s);
  CHECK(result.warmup->limit == 60s);
}

TEST_CASE("a transport that gets faster at first is waited for") {
  // 600 ms to 100 ms, by a factor e with every 200 ms: the first windows differ by more than half.
  const DelayProgram settling{
      .shape = DelayProgram::Shape::settling, .low = 100ms, .high = 600ms, .spread = 400};
  const RepetitionResult result = run_ruled(ruled(60s), settling);
  check_measured(result);
  CHECK(result.warmup->steady);
  CHECK(result.warmup->length >= kShortestWarmup + 2 * SteadyState::kWindow);
}

TEST_CASE("one that gets slower and slower is measured after the limit, and called unsteady") {
  const DelayProgram growing{
      .shape = DelayProgram::Shape::settling, .low = 400ms, .high = 1ms, .spread = 20'000};
  const RepetitionResult result = run_ruled(ruled(4s), growing);
  check_measured(result);
  CHECK_FALSE(result.warmup->steady);
  CHECK(result.warmup->length == 4s);
  // A busy machine may be short of windows.
  const std::string& found = result.warmup->found;
  CHECK((found.starts_with("p50 moved by ") || found.ends_with(" windows had come")));
}

TEST_CASE("with too few messages for a median the warm-up lasts to its limit and says why") {
  Scenario scenario = ruled(300ms);
  scenario.load.rate = MessageRate{100};
  const RepetitionResult result = run_ruled(scenario, {.low = 1ms});
  REQUIRE(result.warmup);
  CHECK_FALSE(result.warmup->steady);
  CHECK(result.warmup->length == 300ms);
  CHECK(result.warmup->found.find("of 60 windows") != std::string::npos);
  CHECK(conserved(result.counts));
}

TEST_CASE("saturation and requests can be warmed up by rule as well") {
  Scenario scenario = ruled(5s);  // how steady they are is the machine's affair
  scenario.transport = "bus/mpmc";
  scenario.pattern = Pattern::request_reply;
  scenario.wait = WaitStrategy::yield;
  for (const bool open_loop : {true, false}) {
    if (!open_loop) scenario.load.rate.reset();
    const RepetitionResult result = run_ruled(scenario, {});
    REQUIRE(result.warmup);
    CHECK(result.warmup->length >= kShortestWarmup);
    CHECK(result.warmup->length <= 5s);
    if (!result.warmup->steady) CHECK(result.warmup->length == 5s);
    const std::string& found = result.warmup->found;
    if (found.starts_with("p50 moved by ")) {
      CHECK((found.find("and the rate moved by") == std::string::npos) == open_loop);
    }
    CHECK(conserved(result.counts));
    CHECK(result.response.total() == result.counts.received);
    CHECK(result.warmup_lost == 0);
  }
}

TEST_CASE("a stop in the warm-up ends it there") {
  const StopFlag stop{true};
  const RepetitionResult result = run_ruled(ruled(60s), {.low = 1ms}, stop);
  CHECK(result.interrupted);
  CHECK(result.counts.published == 0);
  REQUIRE(result.warmup);
  CHECK_FALSE(result.warmup->steady);
  CHECK(result.warmup->length < 60s);
}

}  // namespace
}  // namespace busmark
