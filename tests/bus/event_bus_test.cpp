// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/event_bus.hpp"

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/mutex_queue.hpp"
#include "busmark/queue/spsc_ring.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

using AllBuses = std::tuple<EventBus<SpscRing>, EventBus<MpmcRing>, EventBus<MoodycamelQueue>,
                            EventBus<MutexQueue>>;

Message numbered(std::uint64_t sequence) {
  Message message;
  message.sequence = sequence;
  return message;
}

template <typename Subscription>
std::vector<std::uint64_t> sequences(Subscription& subscription) {
  std::vector<std::uint64_t> found;
  for (Message message; subscription.poll(&message, 1) == 1;) found.push_back(message.sequence);
  return found;
}
using Sequences = std::vector<std::uint64_t>;

/// Fills an inbox from `next` on; returns the number of the first message it refused.
template <typename Publisher>
std::uint64_t publish_until_refused(Publisher& publisher, std::uint64_t next = 0) {
  while (publisher.try_publish(numbered(next))) ++next;
  return next;
}

TEST_CASE_TEMPLATE_DEFINE("a message reaches every matching subscription and no other", Bus,
                          delivery) {
  Bus bus;
  auto literal = bus.subscribe("chat.room.1");
  auto any = bus.subscribe("chat.*.1");
  auto rest = bus.subscribe("chat.>");
  auto other = bus.subscribe("chat.room.2");
  CHECK(bus.subscription_count() == 4);
  CHECK(bus.publish("chat.room.1", "hello") == PublishResult::delivered);
  for (auto* subscription : {&literal, &any, &rest}) {
    const auto received = subscription->receive();
    REQUIRE(received.has_value());
    CHECK(received->subject() == "chat.room.1");
    CHECK(received->text() == "hello");
    CHECK(received->reply_subject().empty());
    CHECK_FALSE(subscription->receive().has_value());
  }
  CHECK_FALSE(other.receive().has_value());
}
TEST_CASE_TEMPLATE_APPLY(delivery, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("bare messages arrive as they were sent, single and in bulk", Bus, bare) {
  Bus bus;
  auto publisher = bus.publisher("a");
  auto subscription = bus.subscribe("a");
  Message message = numbered(0);
  message.size = 3;
  message.inline_payload[2] = std::byte{42};
  CHECK(publisher.try_publish(message));
  std::array<Message, 8> batch;
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = numbered(i + 1);
  CHECK(publisher.try_publish_bulk(batch.data(), batch.size()) == 8);
  const auto first = subscription.receive();
  REQUIRE(first.has_value());
  CHECK(first->payload().size() == 3);
  CHECK(first->payload()[2] == std::byte{42});
  CHECK(first->subject().empty());
  CHECK(sequences(subscription) == Sequences{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(publisher.receivers() == 1);
}
TEST_CASE_TEMPLATE_APPLY(bare, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("one member of each queue group gets a message, in turns", Bus, group) {
  Bus bus;
  auto first = bus.queue_subscribe("work.*", "workers");
  auto second = bus.queue_subscribe("work.a", "workers");
  auto audit = bus.queue_subscribe("work.a", "audit");
  auto publisher = bus.publisher("work.a");
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(publisher.try_publish(numbered(i)));
  CHECK(publisher.receivers() == 2);
  CHECK(sequences(first).size() == 5);
  CHECK(sequences(second).size() == 5);
  CHECK(sequences(audit).size() == 10);
}
TEST_CASE_TEMPLATE_APPLY(group, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("a full member of a group passes its turn on", Bus, group_full) {
  Bus bus({.max_publishers = 1});
  auto full = bus.queue_subscribe("w", "g", {.capacity = 2});
  auto filler = bus.publisher("w");
  std::uint64_t sent = 0;
  while (filler.dropped() == 0) filler.try_publish(numbered(sent++));
  auto free = bus.queue_subscribe("w", "g", {.capacity = 64});
  for (std::uint64_t i = 0; i < 20; ++i) CHECK(filler.try_publish(numbered(i)));
  CHECK(sequences(free).size() == 20);
  CHECK(full.dropped() == 1);
}
TEST_CASE_TEMPLATE_APPLY(group_full, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("drop_new keeps the old messages and counts the new ones", Bus,
                          drop_new) {
  Bus bus;
  auto slow = bus.subscribe("a", {.capacity = 4, .policy = SlowConsumer::drop_new});
  auto fast = bus.subscribe("a", {.capacity = 256});
  auto publisher = bus.publisher("a");
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(publisher.try_publish(numbered(i)));
  const Sequences kept = sequences(slow);
  REQUIRE(kept.size() >= 4);
  CHECK(kept.size() + slow.dropped() == 100);
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] == i);
  CHECK(sequences(fast).size() == 100);
  CHECK(fast.dropped() == 0);
  CHECK(publisher.dropped() == slow.dropped());
}
TEST_CASE_TEMPLATE_APPLY(drop_new, AllBuses);

using ManyConsumers =
    std::tuple<EventBus<MpmcRing>, EventBus<MoodycamelQueue>, EventBus<MutexQueue>>;

TEST_CASE_TEMPLATE_DEFINE("drop_old keeps the new messages and counts the old ones", Bus,
                          drop_old) {
  Bus bus;
  auto slow = bus.subscribe("a", {.capacity = 4, .policy = SlowConsumer::drop_old});
  auto publisher = bus.publisher("a");
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(publisher.try_publish(numbered(i)));
  const Sequences kept = sequences(slow);
  REQUIRE(!kept.empty());
  CHECK(kept.back() == 99);
  CHECK(kept.front() == 100 - kept.size());
  CHECK(kept.size() + slow.dropped() == 100);
}
TEST_CASE_TEMPLATE_APPLY(drop_old, ManyConsumers);

TEST_CASE("drop_old is refused where a queue allows one consumer") {
  EventBus<SpscRing> bus;
  CHECK_THROWS_WITH_AS(
      static_cast<void>(bus.subscribe("a", {.policy = SlowConsumer::drop_old})),
      "policy drop_old does not work with queue spsc, which allows one consumer: use drop_new or "
      "block",
      SetupError);
  CHECK(bus.subscription_count() == 0);
}

TEST_CASE_TEMPLATE_DEFINE("block refuses a message until there is room and loses none", Bus,
                          block) {
  Bus bus;
  auto subscription = bus.subscribe("a", {.capacity = 4, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  const std::uint64_t refused = publish_until_refused(publisher);
  REQUIRE(refused >= 4);
  CHECK(sequences(subscription).size() == refused);
  CHECK(publisher.try_publish(numbered(refused)));
  CHECK(sequences(subscription) == Sequences{refused});
  CHECK(subscription.dropped() == 0);
}
TEST_CASE_TEMPLATE_APPLY(block, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("a retry after one full inbox repeats nothing at the others", Bus,
                          no_repeat) {
  Bus bus;
  auto slow = bus.subscribe("a", {.capacity = 4, .policy = SlowConsumer::block});
  auto fast = bus.subscribe("a", {.capacity = 512, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  const std::uint64_t refused = publish_until_refused(publisher);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(publisher.try_publish(numbered(refused)));
  // The fast one has it already, once.
  Sequences fast_got = sequences(fast);
  REQUIRE(fast_got.size() == refused + 1);
  CHECK(fast_got.back() == refused);
  Sequences slow_got = sequences(slow);
  CHECK(slow_got.size() == refused);
  CHECK(publisher.try_publish(numbered(refused)));
  CHECK(publisher.try_publish(numbered(refused + 1)));
  CHECK(sequences(fast) == Sequences{refused + 1});
  CHECK(sequences(slow) == Sequences{refused, refused + 1});
}
TEST_CASE_TEMPLATE_APPLY(no_repeat, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("a bulk retry goes on where each inbox stopped", Bus, bulk_retry) {
  Bus bus;
  auto slow = bus.subscribe("a", {.capacity = 4, .policy = SlowConsumer::block});
  auto fast = bus.subscribe("a", {.capacity = 512, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  std::vector<Message> batch(200);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = numbered(i);
  Sequences slow_got;
  std::size_t sent = 0;
  for (int round = 0; round < 200 && sent < batch.size(); ++round) {
    // A partial result may also be offered again in smaller pieces.
    const std::size_t piece = round % 3 == 0 ? 1 : batch.size() - sent;
    sent += publisher.try_publish_bulk(batch.data() + sent, std::min(piece, batch.size() - sent));
    for (const std::uint64_t sequence : sequences(slow)) slow_got.push_back(sequence);
  }
  REQUIRE(sent == 200);
  Sequences all;
  for (std::uint64_t i = 0; i < 200; ++i) all.push_back(i);
  CHECK(slow_got == all);
  CHECK(sequences(fast) == all);
}
TEST_CASE_TEMPLATE_APPLY(bulk_retry, AllBuses);

TEST_CASE("who unsubscribes or subscribes between a refusal and its retry does no harm") {
  EventBus<MpmcRing> bus({.payload_slots = 8});
  auto slow = bus.subscribe("a", {.capacity = 1, .policy = SlowConsumer::block});
  auto fast = bus.subscribe("a", {.capacity = 64, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  const std::uint64_t refused = publish_until_refused(publisher);
  auto late = bus.subscribe("a");
  CHECK_FALSE(publisher.try_publish(numbered(refused)));
  slow.unsubscribe();
  CHECK(publisher.try_publish(numbered(refused)));
  CHECK(sequences(fast).size() == refused + 1);
  CHECK(sequences(late).empty());
  CHECK(publisher.try_publish(numbered(refused + 1)));
  CHECK(sequences(fast) == Sequences{refused + 1});
  CHECK(sequences(late) == Sequences{refused + 1});
}

TEST_CASE("an abandoned message counts as dropped only where others have it") {
  EventBus<MpmcRing> bus;
  auto slow = bus.subscribe("a", {.capacity = 1, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  Message message = numbered(publish_until_refused(publisher));
  publisher.abandon(&message, 1);
  CHECK(slow.dropped() == 0);
  auto fast = bus.subscribe("a");
  CHECK_FALSE(publisher.try_publish(message));
  publisher.abandon(&message, 1);
  CHECK(slow.dropped() == 1);
  CHECK(sequences(fast) == Sequences{message.sequence});
  CHECK_FALSE(publisher.try_publish(message));
  CHECK(sequences(fast) == Sequences{message.sequence});
  publisher.abandon(&message, 1);
}

TEST_CASE("a friendly publish waits for a blocking inbox and then says that it is full") {
  EventBus<MpmcRing> bus({.publish_timeout = 1ms});
  auto slow = bus.subscribe("a", {.capacity = 1, .policy = SlowConsumer::block});
  auto publisher = bus.publisher("a");
  while (publisher.publish("x") == PublishResult::delivered) {
  }
  CHECK(publisher.publish("x") == PublishResult::full);
  CHECK(slow.dropped() == 0);
  CHECK(slow.receive()->text() == "x");
  CHECK(publisher.publish("y") == PublishResult::delivered);
}

TEST_CASE_TEMPLATE_DEFINE("fan-out shares one payload, given back by the last receiver", Bus,
                          sharing) {
  Bus bus({.payload_slots = 1});
  auto first = bus.subscribe("a");
  auto second = bus.subscribe("*");
  auto publisher = bus.publisher("a");
  CHECK(publisher.publish("shared") == PublishResult::delivered);
  CHECK(publisher.publish("next") == PublishResult::full);
  {
    const auto one = first.receive();
    const auto two = second.receive();
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    CHECK(one->payload().data() == two->payload().data());
    CHECK(publisher.publish("next") == PublishResult::full);
  }
  CHECK(publisher.publish("next") == PublishResult::delivered);
  CHECK(first.receive()->text() == "next");
  // What nobody reads any more is given back too.
  second.unsubscribe();
  CHECK(publisher.publish("last") == PublishResult::delivered);
  CHECK(first.receive()->text() == "last");
}
TEST_CASE_TEMPLATE_APPLY(sharing, AllBuses);

TEST_CASE_TEMPLATE_DEFINE("publishers on several lanes reach one inbox, each in order", Bus,
                          fan_in) {
  constexpr std::uint64_t kEach = 5000;
  Bus bus;
  auto subscription = bus.subscribe("a", {.capacity = 64, .policy = SlowConsumer::block});
  std::vector<std::thread> threads;
  for (std::uint32_t index = 0; index < 3; ++index) {
    threads.emplace_back([&bus, index] {
      auto publisher = bus.publisher("a");
      Message message;
      message.producer = static_cast<std::uint16_t>(index);
      while (message.sequence < kEach) {
        if (publisher.try_publish(message)) {
          ++message.sequence;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::array<std::uint64_t, 3> next{};
  std::uint64_t wrong = 0;
  for (std::uint64_t got = 0; got < 3 * kEach;) {
    std::array<Message, 16> batch;
    const std::size_t count = subscription.poll(batch.data(), batch.size());
    for (std::size_t i = 0; i < count; ++i) {
      wrong += batch[i].sequence != next[batch[i].producer]++ ? 1U : 0U;
    }
    got += count;
    if (count == 0) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(sequences(subscription).empty());
}
TEST_CASE_TEMPLATE_APPLY(fan_in, AllBuses);

}  // namespace
}  // namespace busmark
