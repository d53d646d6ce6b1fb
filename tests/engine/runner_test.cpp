// SPDX-License-Identifier: Apache-2.0
#include "engine/runner.hpp"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "plan/plan.hpp"
#include "record/run_result.hpp"
#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

RunConfig small_config() {
  RunConfig config;
  config.run.repetitions = 2;
  config.run.retries = 0;
  Scenario scenario;
  scenario.name = "small";
  scenario.wait = WaitStrategy::yield;  // runs on a machine with one core, too
  scenario.load.rate = MessageRate{20'000};
  scenario.warmup = 5ms;
  scenario.duration = 30ms;
  config.scenarios = {scenario, scenario};
  config.scenarios[1].name = "other";
  config.scenarios[1].transport = "queue/mutex";
  return config;
}

TEST_CASE("a plan holds cores and time of every scenario before any thread exists") {
  const testing::RecordedTree machine("server_chiplets");
  const RunPlan plan = make_plan(small_config(), read_topology(machine.root()));
  REQUIRE(plan.scenarios.size() == 2);
  CHECK(plan.scenarios[0].placement.cpus.size() == 2);
  CHECK(plan.scenarios[0].planned > 70ms);
  CHECK(plan.planned == plan.scenarios[0].planned + plan.scenarios[1].planned);
  CHECK(measured_cores(plan) == [&] {
    auto cores = plan.scenarios[0].placement.cpus;
    std::sort(cores.begin(), cores.end());
    return cores;
  }());
}

TEST_CASE("a plan with more producers than the transport serves is refused with the cure") {
  RunConfig config = small_config();
  config.scenarios[0].producers = 2;
  CHECK_THROWS_WITH_AS(make_plan(config, read_topology()), doctest::Contains("producers = 1"),
                       SetupError);
}

TEST_CASE("a key that lets somebody in is refused for the transport that ignores it") {
  RunConfig config = small_config();
  config.run.nats.client.security.creds = "me.creds";
  CHECK_NOTHROW(static_cast<void>(make_plan(config, read_topology())));
  config.scenarios[0].transport = "nats/wire";
  config.scenarios[0].payload = ByteCount{64};
  CHECK_THROWS_WITH_AS(static_cast<void>(make_plan(config, read_topology())),
                       "scenario small: nats/wire takes no creds; choose nats/client, or leave it "
                       "out of [transport.nats]",
                       SetupError);
}

TEST_CASE("a scenario whose server is not there is skipped with the package to install") {
  RunConfig config = small_config();
  config.scenarios[0].transport = "nats/wire";
  config.scenarios[0].payload = ByteCount{64};
  config.run.nats.url = "own";
  config.run.nats.program = "nats-server-that-is-not-there";
  const RunPlan plan = make_plan(config, read_topology());
  CHECK(plan.scenarios[0].skipped == "nats-server is not installed; apt-get install nats-server");
  CHECK(plan.scenarios[0].planned == 0ns);
  CHECK(plan.scenarios[1].skipped.empty());
  config.scenarios[0].payload = ByteCount{15};
  CHECK_THROWS_WITH_AS(make_plan(config, read_topology()),
                       doctest::Contains("write payload = \"16B\""), SetupError);
}

TEST_CASE("a run keeps every repetition, its books, its witnesses and the machine's facts") {
  const RunPlan plan = make_plan(small_config(), read_topology());
  const Clock clock = choose_clock(plan);
  LiveProgress live(clock);
  const StopFlag stop{false};
  const RunResult result = run(plan, clock, stop, live);
  REQUIRE(result.scenarios.size() == 2);
  for (const ScenarioResult& scenario : result.scenarios) {
    REQUIRE(scenario.repetitions.size() == 2);
    for (const RepetitionResult& repetition : scenario.repetitions) {
      const MessageCounts& counts = repetition.counts;
      CHECK(counts.published == counts.received + counts.dropped + counts.refused + counts.lost);
      CHECK(counts.lost == 0);
      std::uint64_t in_intervals = 0;
      for (const IntervalResult& interval : repetition.intervals) {
        in_intervals += interval.response.total();
      }
      CHECK(in_intervals == repetition.response.total());
    }
  }
  CHECK_FALSE(result.environment.build.compiler.empty());
  CHECK(result.clock.ticks_per_second > 0);
  CHECK_FALSE(result.tuning.empty());
  CHECK(result.wall >= 2 * 2 * 35ms);
  CHECK_FALSE(result.interrupted);
}

TEST_CASE("short intervals split a repetition without losing a sample") {
  RunConfig config = small_config();
  config.scenarios.resize(1);
  config.scenarios[0].duration = 100ms;
  config.scenarios[0].interval = 10ms;
  const RunPlan plan = make_plan(config, read_topology());
  const Clock clock = Clock::calibrate();
  LiveProgress live(clock);
  const RunResult result = run(plan, clock, StopFlag{false}, live);
  for (const RepetitionResult& repetition : result.scenarios[0].repetitions) {
    // Fewer where a busy machine woke the collector late; never an empty one behind the window.
    CHECK(repetition.intervals.size() >= 1);
    CHECK(repetition.intervals.size() <= 10);
    std::uint64_t samples = 0;
    Nanoseconds end{};
    for (const IntervalResult& interval : repetition.intervals) {
      CHECK(interval.start == end);
      end = interval.start + interval.length;
      samples += interval.response.total();
    }
    CHECK(samples == repetition.counts.received);
  }
}

/// What holds of the sections of every repetition.
void check_sections(const RepetitionResult& repetition, Nanoseconds shortest) {
  std::uint64_t samples = 0;
  Nanoseconds end{};
  REQUIRE_FALSE(repetition.sections.empty());
  for (const SectionResult& section : repetition.sections) {
    CHECK(section.start == end);
    end = section.start + section.length;
    samples += section.response.total();
    if (&section != &repetition.sections.back()) CHECK(section.length >= shortest);
  }
  CHECK(samples == repetition.response.total());
}

TEST_CASE("sections cut every repetition the same way, whatever the user's interval is") {
  RunConfig config = small_config();
  config.run.repetitions = 1;
  for (Scenario& scenario : config.scenarios) scenario.duration = 100ms;
  config.scenarios[1].interval = 30ms;
  const RunPlan plan = make_plan(config, read_topology());
  LiveProgress live(Clock::calibrate());
  const RunResult result = run(plan, Clock::calibrate(), StopFlag{false}, live);
  for (const ScenarioResult& scenario : result.scenarios) {
    const RepetitionResult& repetition = scenario.repetitions[0];
    // Fewer and longer ones where a busy machine woke the collector late.
    CHECK(repetition.sections.size() <= 10);
    check_sections(repetition, 5ms);
  }
  CHECK(result.scenarios[0].repetitions[0].intervals.size() == 1);
  CHECK(result.scenarios[1].repetitions[0].intervals.size() <= 4);
}

TEST_CASE("a repetition that is too short for two sections is its own only one") {
  RunConfig config = small_config();
  config.run.repetitions = 1;
  config.scenarios.resize(1);
  config.scenarios[0].duration = 15ms;
  LiveProgress live(Clock::calibrate());
  const RunResult result =
      run(make_plan(config, read_topology()), Clock::calibrate(), StopFlag{false}, live);
  const RepetitionResult& repetition = result.scenarios[0].repetitions[0];
  CHECK(repetition.sections.size() == 1);
  check_sections(repetition, 0ns);
}

TEST_CASE("there are 20 sections of a long repetition, and none shorter than 10 ms") {
  CHECK(section_count(1ms) == 1);
  CHECK(section_count(49ms) == 1);
  CHECK(section_count(50ms) == 2);
  CHECK(section_count(100ms) == 4);
  CHECK(section_count(500ms) == 20);
  CHECK(section_count(24h) == 20);
}

TEST_CASE("a run that is not to go on names what it has not reached") {
  RunConfig config = small_config();
  config.run.repetitions = 1;
  const RunPlan plan = make_plan(config, read_topology());
  const Clock clock = choose_clock(plan);
  LiveProgress live(clock);
  const StopFlag stop{false};
  const RunResult result = run(plan, clock, stop, live, {.go_on = [](const ScenarioResult& ended) {
                                 CHECK(ended.repetitions.size() == 1);
                                 CHECK(ended.wall >= 35ms);
                                 return false;
                               }});
  CHECK_FALSE(result.interrupted);
  REQUIRE(result.scenarios.size() == 2);
  CHECK(result.scenarios[1].repetitions.empty());
  CHECK(result.scenarios[1].skipped == "not reached: the run ended with small");
}

TEST_CASE("what an earlier part of the run has measured is kept, and only the rest is measured") {
  const RunPlan plan = make_plan(small_config(), read_topology());
  const Clock clock = Clock::calibrate();
  LiveProgress live(clock);
  const RunResult earlier = run(plan, clock, StopFlag{false}, live);
  RunPart part;
  part.before = {earlier.scenarios[0].repetitions, {earlier.scenarios[1].repetitions[0]}};
  std::vector<std::pair<std::size_t, std::size_t>> noted;
  bool begun = false;
  part.notes = {.begun = [&](const RunResult& head) { begun = head.scenarios.empty(); },
                .over =
                    [&](std::size_t place, const ScenarioResult& scenario) {
                      noted.emplace_back(place, scenario.repetitions.size());
                    }};
  const RunResult result = run(plan, clock, StopFlag{false}, live, part);
  CHECK(begun);
  CHECK(noted == std::vector{std::pair(std::size_t{1}, std::size_t{2})});
  REQUIRE(result.scenarios[0].repetitions.size() == 2);
  REQUIRE(result.scenarios[1].repetitions.size() == 2);
  CHECK(result.scenarios[0].repetitions[1].measure_time ==
        earlier.scenarios[0].repetitions[1].measure_time);
  CHECK(result.scenarios[1].repetitions[1].measure_time >
        earlier.scenarios[1].repetitions[1].measure_time);
}

TEST_CASE("an interrupted repetition is in the result and is not noted as one that is over") {
  RunConfig config = small_config();
  config.scenarios.resize(1);
  config.scenarios[0].duration = 20s;
  const RunPlan plan = make_plan(config, read_topology());
  StopFlag stop{false};
  LiveProgress live(Clock::calibrate());
  int noted = 0;
  RunPart part;
  part.notes.over = [&](std::size_t, const ScenarioResult&) { ++noted; };
  std::thread interrupt([&] {
    std::this_thread::sleep_for(50ms);
    stop.raise();
  });
  const RunResult result = run(plan, Clock::calibrate(), stop, live, part);
  interrupt.join();
  CHECK(result.interrupted);
  CHECK(noted == 0);
}

TEST_CASE("a scenario is repeated for as long as who looks asks for more, and says why it ended") {
  RunConfig config = small_config();
  const RunPlan plan = make_plan(config, read_topology());
  const Clock clock = Clock::calibrate();
  LiveProgress live(clock);
  std::vector<std::size_t> seen;
  const RunResult result = run(plan, clock, StopFlag{false}, live,
                               {.look_at = [&](const ScenarioResult& so_far) -> Look {
                                 seen.push_back(so_far.repetitions.size());
                                 CHECK(so_far.wall >= 35ms * so_far.repetitions.size());
                                 if (so_far.scenario.name == "other") return {0, "enough"};
                                 if (so_far.repetitions.size() == 2) return {3, "too few"};
                                 return {0, "no more"};
                               }});
  CHECK(seen == std::vector<std::size_t>{2, 5, 2});
  REQUIRE(result.scenarios.size() == 2);
  CHECK(result.scenarios[0].repetitions.size() == 5);
  REQUIRE(result.scenarios[0].stopping);
  CHECK(result.scenarios[0].stopping->planned == 2);
  CHECK(result.scenarios[0].stopping->run == 5);
  CHECK(result.scenarios[0].stopping->reason == "no more");
  REQUIRE(result.scenarios[1].stopping);
  CHECK(result.scenarios[1].stopping->run == 2);
  CHECK(live.snapshot().repetitions == 2);
}

TEST_CASE("without anybody who looks a scenario has the planned repetitions and says nothing") {
  const RunPlan plan = make_plan(small_config(), read_topology());
  LiveProgress live(Clock::calibrate());
  const RunResult result = run(plan, Clock::calibrate(), StopFlag{false}, live);
  CHECK(result.scenarios[0].repetitions.size() == 2);
  CHECK_FALSE(result.scenarios[0].stopping);
}

TEST_CASE("an interrupt ends the repetitions that were asked for, and is told as the reason") {
  RunConfig config = small_config();
  config.scenarios.resize(1);
  const RunPlan plan = make_plan(config, read_topology());
  StopFlag stop{false};
  LiveProgress live(Clock::calibrate());
  const RunResult result =
      run(plan, Clock::calibrate(), stop, live, {.look_at = [&](const ScenarioResult&) -> Look {
            stop.raise();
            return {100, "more"};
          }});
  CHECK(result.scenarios[0].repetitions.size() <= 3);
  CHECK(result.scenarios[0].stopping->reason == "the run was interrupted");
}

TEST_CASE("a repetition that misses a percentile early is one of several, a maximum ends all") {
  RunConfig config = small_config();
  config.scenarios.resize(1);
  Scenario& scenario = config.scenarios[0];
  scenario.duration = 5s;  // of which the first look, after a twentieth, is enough
  scenario.abort_on_fail = true;
  for (const auto& [budget, repetitions] :
       {std::pair("p99 < 1ns", std::size_t{2}), std::pair("max < 1ns", std::size_t{1})}) {
    CAPTURE(budget);
    scenario.budget = {parse_budget(budget)};
    LiveProgress live(Clock::calibrate());
    const RunResult result =
        run(make_plan(config, read_topology()), Clock::calibrate(), StopFlag{false}, live);
    const auto& all = result.scenarios[0].repetitions;
    // What a busy machine disturbed proves nothing, so the next one runs.
    const bool disturbed = all.front().disturbed();
    CHECK((disturbed || all.size() == repetitions));
    REQUIRE(all.front().missed);
    CHECK(all.front().missed->for_good == (repetitions == 1));
  }
}

TEST_CASE("a stop flag raised before the run leaves every scenario unreached") {
  const RunPlan plan = make_plan(small_config(), read_topology());
  const Clock clock = Clock::calibrate();
  LiveProgress live(clock);
  const RunResult result = run(plan, clock, StopFlag{true}, live);
  CHECK(result.interrupted);
  REQUIRE(result.scenarios.size() == 2);
  for (const ScenarioResult& scenario : result.scenarios) {
    CHECK(scenario.repetitions.empty());
    CHECK(scenario.skipped == "not reached: the run was interrupted");
  }
}

}  // namespace
}  // namespace busmark
