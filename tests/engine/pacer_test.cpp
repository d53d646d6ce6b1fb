// SPDX-License-Identifier: Apache-2.0
#include "engine/pacer.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::test_clock;

constexpr WaitStrategy kStrategies[] = {WaitStrategy::spin, WaitStrategy::yield,
                                        WaitStrategy::park};

TEST_CASE("no strategy returns before the message is due") {
  const Clock& clock = test_clock();
  const StopFlag stop{false};
  for (const WaitStrategy wait : kStrategies) {
    for (const Nanoseconds ahead : {Nanoseconds(0), Nanoseconds(150), Nanoseconds(5us),
                                    Nanoseconds(300us), Nanoseconds(15ms)}) {
      CAPTURE(to_string(wait));
      CAPTURE(ahead.count());
      const std::int64_t due = clock.now() + clock.to_ticks(ahead);
      const std::int64_t now = wait_until(due, clock, wait, stop);
      CHECK(now >= due);
      CHECK(clock.now() >= now);
    }
  }
}

TEST_CASE("a due time in the past is not waited for, however far back it is") {
  const Clock& clock = test_clock();
  const StopFlag stop{false};
  for (const WaitStrategy wait : kStrategies) {
    for (const Nanoseconds behind : {Nanoseconds(0), Nanoseconds(1us), Nanoseconds(1h)}) {
      const std::int64_t before = clock.now();
      const std::int64_t now = wait_until(before - clock.to_ticks(behind), clock, wait, stop);
      CHECK(now >= before);
    }
  }
}

TEST_CASE("a raised flag ends the wait with the time, which is then before the due time") {
  const Clock& clock = test_clock();
  for (const WaitStrategy wait : kStrategies) {
    CAPTURE(to_string(wait));
    StopFlag stop{false};
    const std::int64_t due = clock.now() + clock.to_ticks(1h);
    const std::jthread signal([&] { stop.store(true); });
    CHECK(wait_until(due, clock, wait, stop) < due);
  }
}

}  // namespace
}  // namespace busmark
