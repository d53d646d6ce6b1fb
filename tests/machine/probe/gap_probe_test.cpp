// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/gap_probe.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::test_clock;

TEST_CASE("a gap is counted once, summed exactly and kept if it is long") {
  GapLog log(1s);
  log.record(10ms, 3us, false);
  log.record(20ms, 5ms, true);
  log.record(30ms, 7us, false);
  CHECK(log.all().total() == 3);
  CHECK(log.switched().total() == 1);
  CHECK(log.lost().in_place == 10us);
  CHECK(log.lost().switched == 5ms);
  REQUIRE(log.longest().size() == 3);
  CHECK(log.longest()[0].length == 5ms);
  CHECK(log.longest()[0].start == 20ms);
  CHECK(log.longest()[0].switched);
  CHECK(log.longest()[2].length == 3us);
}

TEST_CASE("of many gaps the longest are kept") {
  GapLog log(1s);
  for (int i = 1; i <= 100; ++i) log.record(i * 1ms, i * 1us, false);
  const auto longest = log.longest();
  REQUIRE(longest.size() == GapLog::kLongest);
  CHECK(longest.front().length == 100us);
  CHECK(longest.back().length == 93us);
}

TEST_CASE("a gap counts in every part of the window that it reaches into") {
  GapLog log(1s);
  REQUIRE(log.slot_length() == 10ms);
  log.record(15ms, 20ms, true);
  CHECK(log.slots()[0].lost() == 0ns);
  CHECK(log.slots()[1].switched == 5ms);
  CHECK(log.slots()[2].switched == 10ms);
  CHECK(log.slots()[3].switched == 5ms);
  CHECK(log.slots()[4].lost() == 0ns);
}

TEST_CASE("a gap that reaches beyond the window, or begins there, loses nothing") {
  GapLog log(1s);
  log.record(995ms, 100ms, false);
  log.record(1100ms, 5ms, false);
  Nanoseconds sum{};
  for (const GapSlot& slot : log.slots()) sum += slot.lost();
  CHECK(sum == 105ms);
  CHECK(log.lost().lost() == 105ms);
}

TEST_CASE("the probe watches the window, no less") {
  const StopFlag stop{false};
  GapLog log(20ms);
  const Clock clock = test_clock();
  Window window;
  window.measure = clock.now() + clock.to_ticks(1ms);
  window.end = window.measure + clock.to_ticks(20ms);
  const ProbeRun run = watch_gaps(clock, window, gap_threshold(clock), stop, log);
  CHECK(run.observed >= 19'999us);
  CHECK(run.reads > 1000);
  CHECK(log.lost().lost() <= run.observed);
  CHECK(run.handling <= run.observed);
}

TEST_CASE("a probe that comes late counts what it missed as lost to other threads") {
  const StopFlag stop{false};
  GapLog log(20ms);
  const Clock clock = test_clock();
  Window window;
  window.measure = clock.now() - clock.to_ticks(10ms);
  window.end = window.measure + clock.to_ticks(20ms);
  const ProbeRun run = watch_gaps(clock, window, gap_threshold(clock), stop, log);
  CHECK(run.observed >= 19'999us);
  CHECK(log.lost().switched >= 9'999us);
}

TEST_CASE("a stopped probe says how long it watched") {
  const StopFlag stop{true};
  GapLog log(1h);
  const Clock clock = test_clock();
  Window window;
  window.measure = clock.now() + clock.to_ticks(1min);
  window.end = window.measure + clock.to_ticks(1h);
  CHECK(watch_gaps(clock, window, 500ns, stop, log).observed == 0ns);
  CHECK(log.all().total() == 0);
}

TEST_CASE("with a threshold below the loop's step every reading is a gap") {
  const StopFlag stop{false};
  GapLog log(5ms);
  const Clock clock = test_clock();
  Window window;
  window.measure = clock.now();
  window.end = window.measure + clock.to_ticks(5ms);
  const ProbeRun run = watch_gaps(clock, window, 0ns, stop, log);
  // Every second one, as the reading after a gap is the probe's own.
  CHECK(log.all().total() > 10);
  CHECK(run.reads >= log.all().total());
}

TEST_CASE("the threshold stays above what slow clocks need for a reading") {
  const Clock slow = Clock::calibrate(Clock::Preference::system);
  CHECK(gap_threshold(test_clock()) >= 500ns);
  CHECK(static_cast<double>(gap_threshold(slow).count()) >= 8 * slow.info().ordered_read_cost_ns);
}

TEST_CASE("each moment of the timer is recorded, also those that a stall has covered") {
  const StopFlag stop{false};
  Histogram lateness;
  const Nanoseconds now = monotonic_now();
  // The first fifty moments are over when the probe begins: each is late by its own amount.
  watch_timer(now - 50ms, 1ms, now + 5ms, stop, lateness);
  CHECK(lateness.total() == 55);
  CHECK(lateness.max() >= 50'000'000);
}

TEST_CASE("a stopped timer records no more") {
  const StopFlag stop{true};
  Histogram lateness;
  watch_timer(monotonic_now(), 1ms, monotonic_now() + 1h, stop, lateness);
  CHECK(lateness.total() == 0);
}

}  // namespace
}  // namespace busmark
