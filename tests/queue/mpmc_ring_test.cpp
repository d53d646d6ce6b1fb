// SPDX-License-Identifier: Apache-2.0
#include "busmark/queue/mpmc_ring.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace busmark;

TEST_CASE("the mpmc ring holds exactly its capacity, a single slot included") {
  for (const std::size_t capacity : {1U, 2U, 16U, 64U}) {
    CAPTURE(capacity);
    MpmcRing<int> ring(capacity);
    CHECK(ring.capacity() == capacity);
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (int lap = 0; lap < 5; ++lap) {
      std::size_t pushed = 0;
      while (producer.try_push(int{lap})) ++pushed;
      CHECK(pushed == capacity);
      int value = -1;
      while (consumer.try_pop(value)) CHECK(value == lap);
    }
  }
}

TEST_CASE("a bulk call of the mpmc ring takes a run that two endpoints filled") {
  MpmcRing<int> ring(8);
  auto first = ring.producer();
  auto second = ring.producer();
  auto consumer = ring.consumer();
  std::array<int, 8> items{1, 2, 3, 4, 5, 6, 7, 8};
  REQUIRE(first.try_push_bulk(items.data(), 3) == 3);
  REQUIRE(second.try_push_bulk(items.data() + 3, 3) == 3);
  // The first endpoint has seen eight free slots, of which two are left.
  REQUIRE(first.try_push_bulk(items.data() + 6, 2) == 2);
  CHECK(second.try_push_bulk(items.data(), 8) == 0);
  items.fill(0);
  REQUIRE(consumer.try_pop_bulk(items.data(), 8) == 8);
  for (int i = 0; i < 8; ++i) CHECK(items[static_cast<std::size_t>(i)] == i + 1);
}
