// SPDX-License-Identifier: Apache-2.0
#include "busmark/base/wait.hpp"

#include <thread>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("no wake-up is lost between a parking consumer and a notifying producer") {
  // With a lost wake-up the consumer would sleep its whole timeout of an hour: the test hangs.
  constexpr int kItems = 20'000;
  EventCount event;
  std::atomic<int> published{0};
  std::jthread consumer([&] {
    int taken = 0;
    while (taken < kItems) {
      if (published.load(std::memory_order_acquire) > taken) {
        ++taken;
        continue;
      }
      const EventCount::Key key = event.prepare_wait();
      if (published.load(std::memory_order_acquire) > taken) {
        event.cancel_wait();
      } else {
        event.wait(key, std::chrono::hours(1));
      }
    }
  });
  for (int i = 0; i < kItems; ++i) {
    published.fetch_add(1, std::memory_order_release);  // pairs with the acquire loads above
    event.notify();
    if (i % 64 == 0) std::this_thread::yield();
  }
  consumer.join();
  CHECK(published.load() == kItems);
}

TEST_CASE("a notification after the waiter registered keeps it from sleeping") {
  EventCount event;
  const EventCount::Key key = event.prepare_wait();
  std::jthread([&] { event.notify(); }).join();
  event.wait(key, std::chrono::hours(1));  // a lost notification hangs here
  CHECK(event.prepare_wait() != key);
  event.cancel_wait();
}

}  // namespace
}  // namespace busmark
