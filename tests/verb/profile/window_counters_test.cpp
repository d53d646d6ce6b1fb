// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "support/plans.hpp"
#include "verb/profile/counters.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

Nanoseconds monotonic_time() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

/// Of one repetition.
std::vector<CountedWindow> observe(const Scenario& scenario, bool counts,
                                   const StopFlag& stop = StopFlag{false}) {
  const RepetitionPlan plan = testing::make_plan(scenario);
  WindowCounters counters(plan.clock, counts);
  LiveProgress live(plan.clock);
  live.observe_windows(&counters);
  (void)find_transport(scenario.transport)->run(plan, stop, live);
  return counters.windows();
}

TEST_CASE("a window is noted in the kernel's time, with the threads that ran in it") {
  Scenario scenario = testing::short_scenario();
  scenario.producers = 2;
  scenario.transport = "queue/mpmc";
  const Nanoseconds before = monotonic_time();
  const auto windows = observe(scenario, false);
  const Nanoseconds after = monotonic_time();
  REQUIRE(windows.size() == 1);
  CHECK(windows[0].begin > before);
  CHECK(windows[0].end < after);
  // As long as asked for, but for the two clocks' disagreement.
  CHECK(windows[0].end - windows[0].begin > scenario.duration - 100us);
  CHECK(windows[0].end - windows[0].begin < scenario.duration + 100us);
  const std::set<pid_t> threads(windows[0].threads.begin(), windows[0].threads.end());
  CHECK(threads.size() == 3);
  CHECK(threads.count(gettid()) == 0);
  CHECK(windows[0].counts.empty());
}

TEST_CASE("what the threads do is counted for the messages that came meanwhile") {
  Scenario scenario = testing::short_scenario();
  scenario.duration = 50ms;
  // A busy machine may let the whole window pass before the counters are read: then again.
  std::vector<CountedWindow> windows;
  for (int tries = 0; tries < 50; ++tries) {
    windows = observe(scenario, true);
    REQUIRE(windows.size() == 1);
    if (windows[0].messages > 0) break;
  }
  const CountedWindow& window = windows[0];
  CHECK(window.messages > 0);
  CHECK(window.counted > 0ns);
  REQUIRE(window.counts.size() == 2);
  constexpr auto kTaskClock = static_cast<std::size_t>(PerfEvent::task_clock);
  for (const ThreadIncrease& thread : window.counts) {
    for (std::size_t event = 0; event < kPerfEvents; ++event) {
      CAPTURE(event);
      CHECK(thread[event].has_value() == window.problems[event].empty());
    }
    if (!thread[kTaskClock]) continue;
    CHECK(thread[kTaskClock]->count > 0);
  }
}

TEST_CASE("an operation's thread is counted, too") {
  Scenario scenario = testing::short_scenario();
  const auto names = transport_names();
  const auto operation = std::find_if(names.begin(), names.end(), [](const auto& name) {
    return std::string_view(name).starts_with("op/");
  });
  REQUIRE(operation != names.end());
  scenario.transport = *operation;
  scenario.load.rate.reset();
  const auto windows = observe(scenario, true);
  REQUIRE(windows.size() == 1);
  CHECK(windows[0].threads.size() == 1);
}

TEST_CASE("a repetition that is stopped before it measures leaves no window") {
  StopFlag stop{true};
  Scenario scenario = testing::short_scenario();
  scenario.warmup = 10s;
  CHECK(observe(scenario, true, stop).empty());
}

}  // namespace
}  // namespace busmark
