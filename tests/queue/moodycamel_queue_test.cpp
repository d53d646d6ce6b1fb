// SPDX-License-Identifier: Apache-2.0
#include "busmark/queue/moodycamel_queue.hpp"

#include <optional>

#include <doctest/doctest.h>

using namespace busmark;

TEST_CASE("moodycamel gives each producer a capacity of its own") {
  MoodycamelQueue<int> queue(100, 2);
  auto first = queue.producer();
  auto second = queue.producer();
  while (first.try_push(1)) {
  }
  std::size_t pushed = 0;
  while (second.try_push(2)) ++pushed;
  CHECK(pushed >= queue.capacity());
}

TEST_CASE("moodycamel refuses a producer more than it was made for") {
  MoodycamelQueue<int> queue(8, 2);
  auto first = queue.producer();
  auto second = std::make_optional(queue.producer());
  CHECK_THROWS_WITH_AS(static_cast<void>(queue.producer()), doctest::Contains("2 producers"),
                       SetupError);
  second.reset();
  auto third = queue.producer();
  CHECK(third.try_push(1));
  CHECK_THROWS_AS(MoodycamelQueue<int>(8, 0), SetupError);
}

TEST_CASE("moodycamel serves a producer again with the sub-queue of one that left") {
  MoodycamelQueue<int> queue(8);
  for (int i = 0; i < 5; ++i) {
    auto producer = queue.producer();
    CHECK(producer.try_push(int{i}));
  }
  auto consumer = queue.consumer();
  for (int i = 0; i < 5; ++i) {
    int value = -1;
    REQUIRE(consumer.try_pop(value));
    CHECK(value == i);
  }
}
