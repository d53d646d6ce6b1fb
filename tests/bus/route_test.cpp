// SPDX-License-Identifier: Apache-2.0
// Who holds a payload when messages are refused, given up, or dropped: after all of it every slot
// must be free again, and none before its last reader is done.
#include "busmark/bus/detail/route.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/bus/event_bus.hpp"
#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/spsc_ring.hpp"

namespace busmark {
namespace {

using Buses = std::tuple<EventBus<SpscRing>, EventBus<MpmcRing>, EventBus<MoodycamelQueue>>;

/// Messages with a slot each, numbered in the slot as well.
std::vector<Message> with_slots(PayloadPool& pool, std::uint64_t& next, std::size_t count) {
  std::vector<Message> messages;
  while (messages.size() < count) {
    Message message;
    message.slot = pool.acquire(1);
    if (message.slot == nullptr) break;
    message.sequence = next++;
    std::memcpy(message.slot->data(), &message.sequence, sizeof message.sequence);
    messages.push_back(message);
  }
  return messages;
}

/// Takes up to `most` messages; counts those whose slot is not theirs any more.
template <typename Subscription>
std::size_t take(Subscription& subscription, std::size_t most, std::vector<std::uint64_t>& got) {
  std::size_t wrong = 0;
  for (Message message; most > 0 && subscription.poll(&message, 1) == 1; --most) {
    std::uint64_t written = 0;
    std::memcpy(&written, message.slot->data(), sizeof written);
    wrong += written != message.sequence ? 1U : 0U;
    got.push_back(message.sequence);
    message.slot->release();
  }
  return wrong;
}

TEST_CASE_TEMPLATE_DEFINE("slots of messages that a full inbox refuses are free after abandon", Bus,
                          abandon) {
  PayloadPool pool(8, 256);
  std::uint64_t next = 0;
  {
    Bus bus;
    auto slow = bus.subscribe("a", {.capacity = 4, .policy = SlowConsumer::block});
    auto fast = bus.subscribe("a", {.capacity = 256, .policy = SlowConsumer::block});
    auto publisher = bus.publisher("a");
    std::vector<Message> messages = with_slots(pool, next, 100);
    const std::size_t sent = publisher.try_publish_bulk(messages.data(), messages.size());
    REQUIRE(sent >= 4);
    REQUIRE(sent < 100);
    CHECK(pool.in_use() == 100);
    publisher.abandon(messages.data() + sent, messages.size() - sent);
    CHECK(slow.dropped() == 100 - sent);
    std::vector<std::uint64_t> slow_got, fast_got;
    CHECK(take(slow, 1000, slow_got) == 0);
    CHECK(pool.in_use() == 100);  // The fast one has not read them yet.
    CHECK(take(fast, 1000, fast_got) == 0);
    CHECK(slow_got.size() == sent);
    CHECK(fast_got.size() == 100);
    CHECK(pool.in_use() == 0);
  }
}
TEST_CASE_TEMPLATE_APPLY(abandon, Buses);

TEST_CASE_TEMPLATE_DEFINE("a refused message that nobody has may go to others on the retry", Bus,
                          changed) {
  constexpr std::size_t kAll = 200;
  PayloadPool pool(8, kAll);
  std::uint64_t next = 0;
  Bus bus;
  auto first = bus.subscribe("a", {.capacity = 2, .policy = SlowConsumer::block});
  auto second = bus.subscribe("a", {.capacity = 2, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  std::vector<Message> messages = with_slots(pool, next, kAll);
  std::size_t sent = publisher.try_publish_bulk(messages.data(), messages.size());
  REQUIRE(sent < kAll);
  // Both are full to the same message, so none is under way when the interest changes.
  auto third = bus.subscribe("a", {.capacity = 256, .policy = SlowConsumer::block});
  first.unsubscribe();
  std::vector<std::uint64_t> second_got, third_got;
  while (sent < kAll) {
    CHECK(take(second, 2, second_got) == 0);
    sent += publisher.try_publish_bulk(messages.data() + sent, kAll - sent);
  }
  CHECK(take(second, kAll, second_got) == 0);
  CHECK(take(third, kAll, third_got) == 0);
  CHECK(second_got.size() == kAll);
  CHECK(std::is_sorted(third_got.begin(), third_got.end()));
  CHECK(third_got.back() == kAll - 1);
  CHECK(pool.in_use() == 0);
  second.unsubscribe();
  third.unsubscribe();
  std::vector<Message> unheard = with_slots(pool, next, 2);
  CHECK(publisher.try_publish_bulk(unheard.data(), 2) == 2);
  CHECK(publisher.without_interest() == 2);
  CHECK(pool.in_use() == 0);
}
TEST_CASE_TEMPLATE_APPLY(changed, Buses);

TEST_CASE_TEMPLATE_DEFINE("no slot is lost whatever is refused, dropped, abandoned or unsubscribed",
                          Bus, any_order) {
  constexpr bool kDropOld = !std::is_same_v<Bus, EventBus<SpscRing>>;
  PayloadPool pool(8, 128);
  std::mt19937 random(64);
  std::uint64_t next = 0;
  std::size_t wrong = 0;
  {
    Bus bus({.max_publishers = 1});
    auto publisher = bus.publisher("a.b");
    std::vector<typename Bus::Subscription> present;
    std::vector<Message> pending;
    std::vector<std::uint64_t> got;
    for (int step = 0; step < 5000; ++step) {
      switch (random() % 6) {
        case 0: {
          if (present.size() >= 6) break;
          auto policy = static_cast<SlowConsumer>(random() % 3);
          if (policy == SlowConsumer::drop_old && !kDropOld) policy = SlowConsumer::block;
          const SubscriptionOptions options{.capacity = 1 + random() % 16, .policy = policy};
          const std::string pattern = random() % 2 == 0 ? "a.*" : "a.b";
          present.push_back(random() % 3 == 0 ? bus.queue_subscribe(pattern, "g", options)
                                              : bus.subscribe(pattern, options));
          break;
        }
        case 1: {
          if (present.empty() || random() % 2 == 0) break;
          std::swap(present[random() % present.size()], present.back());
          present.pop_back();
          break;
        }
        case 2: {
          if (!present.empty()) wrong += take(present[random() % present.size()], 8, got);
          break;
        }
        case 3: {
          if (random() % 8 != 0) break;
          publisher.abandon(pending.data(), pending.size());
          pending.clear();
          break;
        }
        default: {
          for (const Message& message : with_slots(pool, next, random() % 8)) {
            pending.push_back(message);
          }
          const auto sent = publisher.try_publish_bulk(pending.data(), pending.size());
          pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(sent));
        }
      }
    }
    publisher.abandon(pending.data(), pending.size());
  }
  CHECK(wrong == 0);
  CHECK(next > 1000);
  CHECK(pool.in_use() == 0);
}
TEST_CASE_TEMPLATE_APPLY(any_order, Buses);

TEST_CASE("fan-out to 64 subscriptions gives each of them every message once") {
  EventBus<MpmcRing> bus;
  std::vector<EventBus<MpmcRing>::Subscription> all;
  for (int i = 0; i < 64; ++i) {
    all.push_back(bus.subscribe(i % 2 == 0 ? "fan.*" : "fan.out",
                                {.capacity = 8, .policy = SlowConsumer::block}));
  }
  auto publisher = bus.publisher("fan.out");
  PayloadPool pool(8, 32);
  std::uint64_t next = 0;
  std::vector<Message> pending;
  std::vector<std::vector<std::uint64_t>> got(all.size());
  std::size_t wrong = 0;
  while (next < 1000 || !pending.empty()) {
    if (next < 1000 && pending.empty()) pending = with_slots(pool, next, 16);
    const auto sent = publisher.try_publish_bulk(pending.data(), pending.size());
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(sent));
    // Some read less often than others.
    for (std::size_t i = 0; i < all.size(); ++i) wrong += take(all[i], 1 + i % 7, got[i]);
  }
  for (std::size_t i = 0; i < all.size(); ++i) wrong += take(all[i], 1000, got[i]);
  CHECK(wrong == 0);
  std::vector<std::uint64_t> expected(next);
  for (std::uint64_t i = 0; i < next; ++i) expected[i] = i;
  for (const auto& one : got) CHECK(one == expected);
  CHECK(pool.in_use() == 0);
}

}  // namespace
}  // namespace busmark
