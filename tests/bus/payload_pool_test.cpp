// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/payload_pool.hpp"

#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"
#include "busmark/queue/spsc_ring.hpp"

namespace busmark {
namespace {

TEST_CASE("a pool hands out each slot once and then says that it is exhausted") {
  PayloadPool pool(100, 5);
  std::set<PayloadSlot*> slots;
  for (int i = 0; i < 5; ++i) slots.insert(pool.acquire(1));
  CHECK(slots.size() == 5);
  CHECK(slots.count(nullptr) == 0);
  CHECK(pool.acquire(1) == nullptr);
  CHECK(pool.in_use() == 5);
  for (PayloadSlot* slot : slots) slot->release();
  CHECK(pool.in_use() == 0);
}

TEST_CASE("slots do not overlap and hold the bytes they promise") {
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{48}, std::size_t{49}, std::size_t{4096}}) {
    CAPTURE(bytes);
    PayloadPool pool(bytes, 3);
    std::vector<PayloadSlot*> slots;
    for (int i = 0; i < 3; ++i) {
      slots.push_back(pool.acquire(1));
      std::memset(slots.back()->data(), 'a' + i, bytes);
    }
    for (int i = 0; i < 3; ++i) {
      const std::vector<std::byte> expected(bytes, static_cast<std::byte>('a' + i));
      CHECK(std::memcmp(slots[static_cast<std::size_t>(i)]->data(), expected.data(), bytes) == 0);
    }
    CHECK(pool.in_use() == 3);
    for (PayloadSlot* slot : slots) slot->release();
  }
}

TEST_CASE("a slot is free again only after its last reference is back") {
  PayloadPool pool(8, 1);
  PayloadSlot* slot = pool.acquire(2);
  slot->add_references(1);
  slot->release();
  CHECK(pool.acquire(1) == nullptr);
  slot->release();
  CHECK(pool.acquire(1) == nullptr);
  slot->release();
  CHECK(pool.acquire(3) == slot);
  slot->release(3);
  CHECK(pool.in_use() == 0);
}

TEST_CASE("a slot that a slow receiver holds does not block the others") {
  PayloadPool pool(8, 3);
  PayloadSlot* held = pool.acquire(1);
  for (int lap = 0; lap < 10; ++lap) {
    PayloadSlot* slot = pool.acquire(1);
    REQUIRE(slot != nullptr);
    CHECK(slot != held);
    slot->release();
  }
  held->release();
}

TEST_CASE("a pool of no slots or no bytes is refused") {
  CHECK_THROWS_AS(PayloadPool(0, 4), SetupError);
  CHECK_THROWS_AS(PayloadPool(4, 0), SetupError);
  CHECK_THROWS_AS(PayloadPool(std::size_t{1} << 40, 4), SetupError);
  CHECK_THROWS_AS(PayloadPool((std::size_t{1} << 32) - 1, (std::size_t{1} << 32) - 1), SetupError);
}

TEST_CASE("two receivers on other threads read every payload before it is written again") {
  constexpr std::uint64_t kMessages = 20'000;
  PayloadPool pool(sizeof(std::uint64_t), 8);
  SpscRing<PayloadSlot*> left(16);
  SpscRing<PayloadSlot*> right(16);
  std::uint64_t wrong[2] = {0, 0};
  const auto receive = [&wrong](SpscRing<PayloadSlot*>& ring, int index) {
    auto consumer = ring.consumer();
    for (std::uint64_t expected = 0; expected < kMessages;) {
      PayloadSlot* slot = nullptr;
      if (!consumer.try_pop(slot)) {
        std::this_thread::yield();
        continue;
      }
      std::uint64_t seen = 0;
      std::memcpy(&seen, slot->data(), sizeof seen);
      wrong[index] += seen != expected ? 1U : 0U;
      slot->release();
      ++expected;
    }
  };
  std::thread first(receive, std::ref(left), 0);
  std::thread second(receive, std::ref(right), 1);
  auto to_left = left.producer();
  auto to_right = right.producer();
  for (std::uint64_t i = 0; i < kMessages;) {
    PayloadSlot* slot = pool.acquire(2);
    if (slot == nullptr) {
      std::this_thread::yield();
      continue;
    }
    std::memcpy(slot->data(), &i, sizeof i);
    // Room for 16 in each ring and only 8 slots: a push cannot fail.
    PayloadSlot* copy = slot;
    REQUIRE(to_left.try_push(std::move(copy)));
    REQUIRE(to_right.try_push(std::move(slot)));
    ++i;
  }
  first.join();
  second.join();
  CHECK(wrong[0] == 0);
  CHECK(wrong[1] == 0);
  CHECK(pool.in_use() == 0);
}

}  // namespace
}  // namespace busmark
