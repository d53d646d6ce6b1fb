// SPDX-License-Identifier: Apache-2.0
// What every queue must do. A queue joins by standing in AllQueues.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"
#include "busmark/queue/all_queues.hpp"

using namespace busmark;

namespace {

using Pointer = std::unique_ptr<std::uint64_t>;

Pointer boxed(std::uint64_t value) { return std::make_unique<std::uint64_t>(value); }

/// Pushes first, first + 1, ... until the queue refuses; returns how many went in.
template <typename Producer>
std::uint64_t fill(Producer& producer, std::uint64_t first, std::uint64_t at_most = 10'000) {
  std::uint64_t pushed = 0;
  while (pushed < at_most && producer.try_push(first + pushed)) ++pushed;
  return pushed;
}

/// Pops until empty and checks that the values are first, first + 1, ...; returns how many.
template <typename Consumer>
std::uint64_t drain(Consumer& consumer, std::uint64_t first) {
  std::uint64_t popped = 0;
  std::uint64_t value = 0;
  while (consumer.try_pop(value)) {
    REQUIRE(value == first + popped);
    ++popped;
  }
  return popped;
}

template <typename Q>
void holds_what_it_says(std::size_t least_capacity) {
  Q queue(least_capacity);
  REQUIRE(queue.capacity() >= least_capacity);
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  for (int lap = 0; lap < 3; ++lap) {
    const auto held = fill(producer, 0);
    CHECK(held >= queue.capacity());
    CHECK(held <= queue.capacity() + queue.capacity() / 8 + 31);
    CHECK(drain(consumer, 0) == held);
  }
}

struct Counted {
  static inline int live = 0;
  Counted() noexcept { ++live; }
  Counted(Counted&&) noexcept { ++live; }
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --live; }
};

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("a queue holds at least the asked capacity, lap after lap", Q, capacity) {
  for (const std::size_t asked : {1U, 2U, 3U, 31U, 32U, 33U, 1000U, 1024U}) {
    CAPTURE(asked);
    holds_what_it_says<Q>(asked);
  }
}

TEST_CASE_TEMPLATE_DEFINE("a capacity that cannot be is refused", Q, absurd_capacity) {
  CHECK_THROWS_AS(Q(0), SetupError);
  CHECK_THROWS_AS(Q(~std::size_t{0}), SetupError);
}

TEST_CASE_TEMPLATE_DEFINE("an empty queue gives nothing and leaves the target alone", Q, empty) {
  Q queue(8);
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  for (int lap = 0; lap < 100; ++lap) {
    std::uint64_t value = 77;
    CHECK_FALSE(consumer.try_pop(value));
    CHECK(consumer.try_pop_bulk(&value, 1) == 0);
    CHECK(value == 77);
    REQUIRE(producer.try_push(5));
    REQUIRE(consumer.try_pop(value));
    CHECK(value == 5);
  }
}

TEST_CASE_TEMPLATE_DEFINE("a full queue refuses the item and keeps the old ones", Q, full) {
  Q queue(8);
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  std::uint64_t pushed = 0;
  Pointer item = boxed(pushed);
  while (producer.try_push(std::move(item))) item = boxed(++pushed);
  REQUIRE(item != nullptr);
  CHECK(*item == pushed);
  CHECK_FALSE(producer.try_push(std::move(item)));
  CHECK(producer.try_push_bulk(&item, 1) == 0);
  REQUIRE(item != nullptr);
  for (std::uint64_t i = 0; i < pushed; ++i) {
    Pointer out;
    REQUIRE(consumer.try_pop(out));
    CHECK(*out == i);
  }
  CHECK(producer.try_push(std::move(item)));
  CHECK(item == nullptr);
}

TEST_CASE_TEMPLATE_DEFINE("order survives many wraps at every fill level", Q, wrap_around) {
  Q queue(8);
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (std::uint64_t level = 0; level < queue.capacity(); ++level) {
    while (in - out < level) REQUIRE(producer.try_push(std::uint64_t{in++}));
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(producer.try_push(std::uint64_t{in++}));
      std::uint64_t value = 0;
      REQUIRE(consumer.try_pop(value));
      REQUIRE(value == out++);
    }
  }
}

TEST_CASE_TEMPLATE_DEFINE("a bulk push takes what fits and a bulk pop what is there", Q, bulk) {
  Q queue(64);
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  std::array<std::uint64_t, 200> items{};
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  CHECK(producer.try_push_bulk(items.data(), 0) == 0);
  CHECK(consumer.try_pop_bulk(items.data(), 0) == 0);
  for (std::size_t round = 0; round < 2000; ++round) {
    const std::size_t offered = round * 7 % items.size() + 1;
    for (std::size_t i = 0; i < offered; ++i) items[i] = in + i;
    const std::size_t pushed = producer.try_push_bulk(items.data(), offered);
    REQUIRE(pushed <= offered);
    if (pushed < offered) REQUIRE(in + pushed - out >= queue.capacity());
    in += pushed;
    const std::size_t wanted = round * 11 % items.size();
    const std::size_t popped = consumer.try_pop_bulk(items.data(), wanted);
    REQUIRE(popped == std::min<std::uint64_t>(wanted, in - out));
    for (std::size_t i = 0; i < popped; ++i) REQUIRE(items[i] == out++);
  }
  CHECK(in > 20 * queue.capacity());
}

TEST_CASE_TEMPLATE_DEFINE("a bulk push moves items out of the taken places only", Q, bulk_moves) {
  Q queue(8);
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  std::array<Pointer, 100> items;
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = boxed(i);
  const std::size_t pushed = producer.try_push_bulk(items.data(), items.size());
  REQUIRE(pushed >= 8);
  REQUIRE(pushed < items.size());
  for (std::size_t i = 0; i < items.size(); ++i) CHECK((items[i] == nullptr) == (i < pushed));
  std::array<Pointer, 100> popped;
  REQUIRE(consumer.try_pop_bulk(popped.data(), popped.size()) == pushed);
  for (std::size_t i = 0; i < pushed; ++i) CHECK(*popped[i] == i);
}

TEST_CASE_TEMPLATE_DEFINE("items still inside are destroyed with the queue", Q, destruction) {
  REQUIRE(Counted::live == 0);
  {
    Q queue(16);
    auto producer = queue.producer();
    auto consumer = queue.consumer();
    Counted item;
    for (int i = 0; i < 50; ++i) {
      static_cast<void>(producer.try_push(Counted{}));
      if (i % 3 == 0) static_cast<void>(consumer.try_pop(item));
    }
    CHECK(Counted::live > 0);
  }
  CHECK(Counted::live == 0);
}

TEST_CASE_TEMPLATE_DEFINE("new endpoints go on where the old ones stopped", Q, endpoints_again) {
  Q queue(16);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int turn = 0; turn < 20; ++turn) {
    auto producer = queue.producer();
    for (int i = 0; i < 7; ++i) REQUIRE(producer.try_push(std::uint64_t{in++}));
    auto consumer = queue.consumer();
    for (int i = 0; i < (turn == 0 ? 3 : 7); ++i) {
      std::uint64_t value = 0;
      REQUIRE(consumer.try_pop(value));
      REQUIRE(value == out++);
    }
  }
}

TEST_CASE_TEMPLATE_DEFINE("an endpoint that slept for many laps goes on rightly", Q, sleepers) {
  if (Q::kInfo.max_producers == 1 || Q::kInfo.max_consumers == 1) return;
  Q queue(8, 2);
  auto sleeping_producer = queue.producer();
  auto sleeping_consumer = queue.consumer();
  auto producer = queue.producer();
  auto consumer = queue.consumer();
  for (int turn = 0; turn < 10; ++turn) {
    CHECK(sleeping_producer.try_push(1));
    std::uint64_t value = 0;
    CHECK(sleeping_consumer.try_pop(value));
    for (int i = 0; i < 100 + turn; ++i) {
      REQUIRE(producer.try_push(std::uint64_t{2}));
      REQUIRE(consumer.try_pop(value));
    }
    CHECK_FALSE(sleeping_consumer.try_pop(value));
    const auto held = fill(producer, 0, 1000);
    CHECK(held >= queue.capacity());
    CHECK(drain(sleeping_consumer, 0) == held);
  }
}

TEST_CASE_TEMPLATE_APPLY(capacity, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(absurd_capacity, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(empty, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(full, AllQueues<Pointer>);
TEST_CASE_TEMPLATE_APPLY(wrap_around, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(bulk, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(bulk_moves, AllQueues<Pointer>);
TEST_CASE_TEMPLATE_APPLY(destruction, AllQueues<Counted>);
TEST_CASE_TEMPLATE_APPLY(endpoints_again, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(sleepers, AllQueues<std::uint64_t>);
