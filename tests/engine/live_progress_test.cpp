// SPDX-License-Identifier: Apache-2.0
#include "engine/live_progress.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// A window whose phases lie `offset` from now: an hour each.
Window hours_from_now(std::chrono::hours offset) {
  const Clock& clock = testing::test_clock();
  const std::int64_t start = clock.now() + clock.to_ticks(offset);
  const std::int64_t hour = clock.to_ticks(1h);
  return {.start = start,
          .measure = start + hour,
          .end = start + 2 * hour,
          .give_up = start + 3 * hour};
}

TEST_CASE("a snapshot says which scenario and repetition runs") {
  LiveProgress live(testing::test_clock());
  live.begin_run(7, 90s);
  live.begin_scenario("pingpong/payload=64", 3, 5);
  live.begin_repetition(2);
  const ProgressSnapshot snapshot = live.snapshot();
  CHECK(snapshot.scenarios == 7);
  CHECK(snapshot.planned == 90s);
  CHECK(snapshot.scenario == "pingpong/payload=64");
  CHECK(snapshot.position == 3);
  CHECK(snapshot.repetitions == 5);
  CHECK(snapshot.repetition == 2);
  CHECK(snapshot.elapsed >= 0ns);
}

TEST_CASE("the phase follows the window, and is set-up between repetitions") {
  LiveProgress live(testing::test_clock());
  const std::vector<Progress> consumers(1);
  CHECK(live.snapshot().phase == "set-up");
  live.begin_window(consumers, hours_from_now(0h));
  CHECK(live.snapshot().phase == "warm-up");
  live.begin_window(consumers, hours_from_now(-1h));
  CHECK(live.snapshot().phase == "measure");
  live.begin_window(consumers, hours_from_now(-2h));
  CHECK(live.snapshot().phase == "drain");
  live.end_repetition();
  CHECK(live.snapshot().phase == "set-up");
}

TEST_CASE("received messages are the sum over the consumers of the running repetition") {
  LiveProgress live(testing::test_clock());
  {
    std::vector<Progress> consumers(3);
    live.begin_window(consumers, hours_from_now(0h));
    CHECK(live.snapshot().received == 0);
    consumers[0].set(5);
    consumers[2].set(37);
    CHECK(live.snapshot().received == 42);
    live.end_repetition();
  }
  CHECK(live.snapshot().received == 0);
}

TEST_CASE("the pause callback runs at every repetition and may itself take a snapshot") {
  LiveProgress live(testing::test_clock());
  std::vector<std::uint32_t> seen;
  live.on_pause([&] { seen.push_back(live.snapshot().repetition); });
  live.begin_scenario("a", 1, 2);
  live.begin_repetition(1);
  live.begin_repetition(2);
  CHECK(seen == std::vector<std::uint32_t>{1, 2});
}

}  // namespace
}  // namespace busmark
