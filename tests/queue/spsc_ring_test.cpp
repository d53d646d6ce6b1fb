// SPDX-License-Identifier: Apache-2.0
#include "busmark/queue/spsc_ring.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/bus/message.hpp"

using namespace busmark;

namespace {

/// An item of a size of its own: `kBytes` and no mark to lend.
template <std::size_t kBytes>
struct Sized {
  std::uint32_t number = 0;
  std::array<std::byte, kBytes - sizeof(std::uint32_t)> rest{};
};

template <typename T>
T numbered(std::uint32_t number) {
  T item{};
  if constexpr (requires { item.sequence; }) {
    item.sequence = number;
    item.producer = static_cast<std::uint16_t>(number);
  } else {
    item.number = number;
  }
  return item;
}
template <typename T>
std::uint32_t number_of(const T& item) {
  if constexpr (requires { item.sequence; }) {
    REQUIRE(item.producer == static_cast<std::uint16_t>(item.sequence));
    return static_cast<std::uint32_t>(item.sequence);
  } else {
    return item.number;
  }
}

}  // namespace

TEST_CASE("the spsc ring rounds its capacity up to a power of two and refuses at a fixed bound") {
  for (const std::size_t asked : {1U, 2U, 5U, 31U, 1000U}) {
    CAPTURE(asked);
    SpscRing<Message> ring(asked);
    CHECK(ring.capacity() == std::bit_ceil(asked));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    // What the consumer may leave untold is held on top.
    const std::size_t bound = ring.capacity() + std::max<std::size_t>(1, ring.capacity() / 8) - 1;
    for (int lap = 0; lap < 5; ++lap) {
      std::size_t pushed = 0;
      while (producer.try_push(Message{})) ++pushed;
      CHECK(pushed == bound);
      Message out;
      while (consumer.try_pop(out)) --pushed;
      CHECK(pushed == 0);
    }
  }
}

TEST_CASE("a full spsc ring that is popped from holds at least its capacity when it refuses") {
  SpscRing<Message> ring(64);
  auto producer = ring.producer();
  auto consumer = ring.consumer();
  std::size_t inside = 0;
  while (producer.try_push(Message{})) ++inside;
  for (int turn = 0; turn < 1000; ++turn) {
    Message out;
    REQUIRE(consumer.try_pop(out));
    --inside;
    while (producer.try_push(Message{})) ++inside;
    CHECK(inside >= ring.capacity());
  }
}

TEST_CASE("the spsc ring knows how many items have room") {
  SpscRing<Message> ring(4);
  auto producer = ring.producer();
  auto consumer = ring.consumer();
  CHECK(producer.has_room(4));
  CHECK_FALSE(producer.has_room(5));
  REQUIRE(producer.try_push(Message{}));
  CHECK(producer.has_room(3));
  CHECK_FALSE(producer.has_room(4));
  Message item;
  REQUIRE(consumer.try_pop(item));
  CHECK(producer.has_room(4));
}

TEST_CASE("an spsc ring of small items tells no more room than there is") {
  SpscRing<std::uint64_t> ring(64);
  auto producer = ring.producer();
  auto consumer = ring.consumer();
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (std::size_t turn = 0; turn < 500; ++turn) {
    std::size_t room = 0;
    while (producer.has_room(room + 1)) ++room;
    CHECK(room + (in - out) >= ring.capacity());
    for (std::size_t i = 0; i < room; ++i) REQUIRE(producer.try_push(std::uint64_t{in++}));
    CHECK_FALSE(producer.try_push(0));
    for (std::size_t i = 0; i < turn % 100; ++i) {
      std::uint64_t value = 0;
      if (!consumer.try_pop(value)) break;
      REQUIRE(value == out++);
    }
  }
}

TEST_CASE_TEMPLATE("spsc rings keep the order in every layout, single and bulk mixed", Item,
                   Sized<5>, Sized<8>, Sized<24>, Sized<30>, Sized<31>, Sized<62>, Sized<63>,
                   Sized<64>, Sized<200>, Message) {
  for (const std::size_t capacity : {1U, 4U, 16U, 128U}) {
    CAPTURE(capacity);
    SpscRing<Item> ring(capacity);
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    std::uint32_t in = 0;
    std::uint32_t out = 0;
    std::vector<Item> items(100);
    for (std::uint32_t turn = 0; turn < 3000; ++turn) {
      if (turn % 3 == 0) {
        if (producer.try_push(numbered<Item>(in))) ++in;
      } else {
        const std::size_t offered = turn * 13 % items.size();
        for (std::size_t i = 0; i < offered; ++i) {
          items[i] = numbered<Item>(in + static_cast<std::uint32_t>(i));
        }
        in += static_cast<std::uint32_t>(producer.try_push_bulk(items.data(), offered));
      }
      if (turn % 5 == 0) {
        Item item{};
        if (consumer.try_pop(item)) REQUIRE(number_of(item) == out++);
      } else {
        const std::size_t got = consumer.try_pop_bulk(items.data(), turn * 29 % items.size());
        for (std::size_t i = 0; i < got; ++i) REQUIRE(number_of(items[i]) == out++);
      }
    }
    CHECK(in > 10 * ring.capacity());
  }
}

TEST_CASE("a message comes out of an spsc ring as it went in, its mark cleared") {
  SpscRing<Message> ring(4);
  auto producer = ring.producer();
  auto consumer = ring.consumer();
  const auto payload = std::array<std::byte, Message::kInlinePayload>{std::byte{7}, std::byte{9}};
  for (std::uint64_t turn = 0; turn < 50; ++turn) {
    std::array<Message, 3> in{};
    for (Message& message : in) {
      message.due = -5;
      message.sent = 17;
      message.sequence = turn;
      message.size = 16;
      message.checksum = 0xffff'ffffU;
      message.subject = 3;
      message.producer = 0xffffU;
      message.inline_payload = payload;
    }
    REQUIRE(producer.try_push_bulk(in.data(), 2) == 2);
    REQUIRE(producer.try_push(std::move(in[2])));
    std::array<Message, 3> out{};
    REQUIRE(consumer.try_pop(out[0]));
    REQUIRE(consumer.try_pop_bulk(out.data() + 1, 5) == 2);
    for (const Message& message : out) {
      CHECK(message.due == -5);
      CHECK(message.sent == 17);
      CHECK(message.sequence == turn);
      CHECK(message.slot == nullptr);
      CHECK(message.size == 16);
      CHECK(message.checksum == 0xffff'ffffU);
      CHECK(message.subject == 3);
      CHECK(message.producer == 0xffffU);
      CHECK(message.queue_mark == 0);
      CHECK(message.inline_payload == payload);
    }
  }
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

TEST_CASE("an endpoint of the spsc ring that was moved goes on, and its old place says nothing") {
  SpscRing<std::uint64_t> ring(16);
  std::optional<SpscRing<std::uint64_t>::Producer> producer(ring.producer());
  REQUIRE(producer->try_push(1));
  {
    SpscRing<std::uint64_t>::Producer moved(std::move(*producer));
    REQUIRE(moved.try_push(2));
    producer.reset();
    REQUIRE(moved.try_push(3));
  }
  auto again = ring.producer();
  REQUIRE(again.try_push(4));
  auto consumer = ring.consumer();
  for (std::uint64_t i = 1; i <= 4; ++i) {
    std::uint64_t value = 0;
    REQUIRE(consumer.try_pop(value));
    CHECK(value == i);
  }
}
