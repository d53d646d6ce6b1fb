// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/interval_recorder.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>

#include <doctest/doctest.h>

using busmark::Histogram;
using busmark::IntervalRecorder;

TEST_CASE("a request is answered by the next record, which belongs to the next interval") {
  IntervalRecorder recorder;
  recorder.record(10);
  CHECK(recorder.try_collect() == nullptr);
  recorder.request();
  CHECK(recorder.try_collect() == nullptr);
  recorder.record(20);
  const Histogram* interval = recorder.try_collect();
  REQUIRE(interval != nullptr);
  CHECK(interval->total() == 1);
  CHECK(interval->max() == 10);
  CHECK(recorder.try_collect() == nullptr);

  recorder.request();
  recorder.poll();
  interval = recorder.try_collect();
  REQUIRE(interval != nullptr);
  CHECK(interval->total() == 1);
  CHECK(interval->max() == 20);
}

TEST_CASE("an idle writer that polls answers with an empty interval") {
  IntervalRecorder recorder;
  recorder.request();
  recorder.poll();
  const Histogram* interval = recorder.try_collect();
  REQUIRE(interval != nullptr);
  CHECK(interval->total() == 0);
}

TEST_CASE("asking twice is asking once") {
  IntervalRecorder recorder;
  recorder.record_n(5, 2);
  recorder.request();
  recorder.request();
  recorder.poll();
  recorder.request();  // Not collected yet, so this must not empty the answer.
  REQUIRE(recorder.try_collect() != nullptr);
}

TEST_CASE("the rest holds what was answered but not collected, and what came after") {
  IntervalRecorder recorder;
  recorder.record(1);
  recorder.request();
  recorder.record(2);
  Histogram rest;
  recorder.collect_rest(rest);
  CHECK(rest.total() == 2);

  IntervalRecorder unanswered;
  unanswered.record(1);
  unanswered.request();
  Histogram all;
  unanswered.collect_rest(all);
  CHECK(all.total() == 1);
}

TEST_CASE("a reader that collects all the time loses no sample of a writer at full speed") {
  constexpr int kIntervals = 300;
  IntervalRecorder recorder;
  Histogram recorded;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t i = 0; !stop.load(std::memory_order_relaxed); i = (i + 1) % 100'000) {
      recorder.record(i);
      recorded.record(i);
    }
  });
  Histogram collected;
  for (int intervals = 0; intervals < kIntervals;) {
    recorder.request();
    if (const Histogram* interval = recorder.try_collect()) {
      collected.merge(*interval);
      ++intervals;
    } else {
      std::this_thread::yield();
    }
  }
  stop = true;
  writer.join();
  recorder.collect_rest(collected);
  CHECK(recorded.total() > 0);
  CHECK(collected.total() == recorded.total());
  CHECK(std::ranges::equal(collected.counts(), recorded.counts()));
  CHECK(collected.max() == recorded.max());
  CHECK(collected.min() == recorded.min());
}
