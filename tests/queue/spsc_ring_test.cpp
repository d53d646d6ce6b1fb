// SPDX-License-Identifier: Apache-2.0
#include "busmark/queue/spsc_ring.hpp"

#include <array>
#include <numeric>

#include <doctest/doctest.h>

using namespace busmark;

TEST_CASE("the spsc ring rounds its capacity up to a power of two and holds exactly that") {
  SpscRing<int> ring(5);
  CHECK(ring.capacity() == 8);
  auto producer = ring.producer();
  int pushed = 0;
  while (producer.try_push(int{pushed})) ++pushed;
  CHECK(pushed == 8);
}

TEST_CASE("the spsc ring knows how many items have room") {
  SpscRing<int> ring(4);
  auto producer = ring.producer();
  auto consumer = ring.consumer();
  CHECK(producer.has_room(4));
  CHECK_FALSE(producer.has_room(5));
  REQUIRE(producer.try_push(1));
  CHECK(producer.has_room(3));
  CHECK_FALSE(producer.has_room(4));
  int item = 0;
  REQUIRE(consumer.try_pop(item));
  CHECK(producer.has_room(4));
}

TEST_CASE("a bulk push and pop across the end of the spsc ring keep the order") {
  SpscRing<int> ring(8);
  auto producer = ring.producer();
  auto consumer = ring.consumer();
  std::array<int, 8> items{};
  REQUIRE(producer.try_push_bulk(items.data(), 5) == 5);
  REQUIRE(consumer.try_pop_bulk(items.data(), 8) == 5);
  std::iota(items.begin(), items.end(), 10);
  REQUIRE(producer.try_push_bulk(items.data(), 8) == 8);
  items.fill(0);
  REQUIRE(consumer.try_pop_bulk(items.data(), 8) == 8);
  for (int i = 0; i < 8; ++i) CHECK(items[static_cast<std::size_t>(i)] == 10 + i);
}
