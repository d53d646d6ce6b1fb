// SPDX-License-Identifier: Apache-2.0
#include "engine/books/interval_collector.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// 40 ms from now, given up when they are over.
Window short_window(const Clock& clock) {
  const std::int64_t now = clock.now();
  Window window;
  window.start = window.measure = now;
  window.end = window.give_up = now + clock.to_ticks(40ms);
  return window;
}

TEST_CASE("a receiver that is done long after the window makes its last interval no other") {
  const Clock& clock = testing::test_clock();
  const Window window = short_window(clock);
  IntervalCollector collector({}, 0, clock, window, 10ms, true);
  collector.keep_sections(4);
  ReceiverCountdown receivers(1);
  {
    const std::jthread late([&] {
      std::this_thread::sleep_for(150ms);
      receivers.finish();
    });
    collector.collect_until_done(receivers);
  }
  collector.finish(false);
  Nanoseconds end{};
  const auto intervals = collector.take_intervals();
  CHECK(intervals.size() <= 4);
  for (const IntervalResult& interval : intervals) {
    CHECK(interval.start == end);
    CHECK(interval.length > 0ns);
    end += interval.length;
  }
  CHECK(end == clock.duration(window.end - window.measure));
  const auto sections = collector.take_sections();
  CHECK(sections.size() <= 4);
  Nanoseconds section_end{};
  for (const SectionResult& section : sections) {
    CHECK(section.start == section_end);
    section_end += section.length;
  }
  CHECK(section_end >= end - 1us);
}

}  // namespace
}  // namespace busmark
