// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/bus/event_bus.hpp"
#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/spsc_ring.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using Buses = std::tuple<EventBus<SpscRing>, EventBus<MpmcRing>, EventBus<MoodycamelQueue>>;

TEST_CASE_TEMPLATE_DEFINE("a request is answered on its own reply subject", Bus, answered) {
  Bus bus;
  auto service = bus.subscribe("echo", {.parking = true});
  std::atomic<int> served{0};
  std::thread server([&] {
    while (served < 20) {
      const auto request = service.receive(100ms);
      if (!request) continue;
      const PublishResult result = bus.respond(*request, std::string(request->text()) + "!");
      served += result == PublishResult::delivered ? 1 : 0;
    }
  });
  for (int i = 0; i < 20; ++i) {
    const auto reply = bus.request("echo", std::to_string(i), 10s);
    CHECK(reply.status == PublishResult::delivered);
    REQUIRE(reply.message.has_value());
    CHECK(reply.message->text() == std::to_string(i) + "!");
  }
  server.join();
}
TEST_CASE_TEMPLATE_APPLY(answered, Buses);

TEST_CASE("a request that nobody listens to has no responders, at once") {
  EventBus<MpmcRing> bus;
  const auto reply = bus.request("nobody", "?", 1h);
  CHECK(reply.no_responders());
  CHECK_FALSE(reply.timed_out());
  CHECK_FALSE(reply.message.has_value());
}

TEST_CASE("a request that is heard but not answered times out, and a late answer is not taken") {
  EventBus<MpmcRing> bus;
  auto service = bus.subscribe("slow");
  CHECK(bus.request("slow", "first", 1ms).timed_out());
  const auto first = service.receive();
  REQUIRE(first.has_value());
  CHECK(bus.respond(*first, "too late") == PublishResult::delivered);
  CHECK(bus.request("slow", "second", 1ms).timed_out());
}

TEST_CASE("an answer without a requester is a result") {
  EventBus<MpmcRing> bus;
  auto service = bus.subscribe("a");
  CHECK(bus.publish("a", "no reply wanted") == PublishResult::delivered);
  CHECK(bus.respond(*service.receive(), "?") == PublishResult::no_reply_subject);
  CHECK(bus.publish("a", "reply to nobody", "gone") == PublishResult::delivered);
  CHECK(bus.respond(*service.receive(), "?") == PublishResult::no_interest);
}

TEST_CASE("bad input is refused with its reason and never sent") {
  EventBus<MpmcRing> bus({.max_payload = 8});
  auto all = bus.subscribe(">");
  CHECK(bus.publish("a.*", "x") == PublishResult::invalid_subject);
  CHECK(bus.publish("", "x") == PublishResult::invalid_subject);
  CHECK(bus.publish("a", "x", "b..c") == PublishResult::invalid_subject);
  CHECK(bus.request("a..b", "x", 1h).status == PublishResult::invalid_subject);
  CHECK(bus.publish("a", "12345678") == PublishResult::delivered);
  CHECK(bus.publish("a", "123456789") == PublishResult::payload_too_large);
  CHECK(bus.publish(std::string(kSubjectRoom + 1, 'a'), "x") == PublishResult::payload_too_large);
  CHECK(all.receive()->text() == "12345678");
  CHECK_FALSE(all.receive().has_value());
  CHECK(bus.publish("a", "") == PublishResult::delivered);
  CHECK(all.receive()->payload().empty());
  CHECK_THROWS_WITH_AS(
      static_cast<void>(bus.publisher("a.>")),
      R"(cannot publish: token 2 ">" of "a.>" is a wildcard: only a subscription may use one)",
      SetupError);
  CHECK_THROWS_WITH_AS(static_cast<void>(bus.subscribe("a.>.b")),
                       R"(cannot subscribe: token 2 ">" of "a.>.b" must be the last token)",
                       SetupError);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(bus.queue_subscribe("a", "two words")),
      R"(cannot subscribe to a queue group: token 1 "two words" of "two words" holds white space)",
      SetupError);
  CHECK_THROWS_AS(static_cast<void>(bus.queue_subscribe("a", "")), SetupError);
}

TEST_CASE("the number of publishers is limited, and a place is free again when one goes") {
  EventBus<MoodycamelQueue> bus({.max_publishers = 2});
  auto subscription = bus.subscribe("a");
  auto first = bus.publisher("a");
  {
    auto second = bus.publisher("a");
    CHECK_THROWS_WITH_AS(static_cast<void>(bus.publisher("a")),
                         "all 2 publishers of this bus are taken: raise BusOptions::max_publishers",
                         SetupError);
    // On the lane of another one there is always room.
    auto neighbour = bus.publisher("b", first);
    CHECK(second.publish("x") == PublishResult::delivered);
  }
  auto third = bus.publisher("a");
  CHECK(third.publish("y") == PublishResult::delivered);
  CHECK(subscription.receive()->text() == "x");
  CHECK(subscription.receive()->text() == "y");
  CHECK_THROWS_AS(EventBus<MpmcRing>({.max_publishers = 0}), SetupError);
  CHECK_THROWS_AS(EventBus<MpmcRing>({.max_publishers = 65'537}), SetupError);
}

TEST_CASE("handles may outlive the bus, and a thread may use one bus after another") {
  for (int i = 0; i < 3; ++i) {
    EventBus<MpmcRing> bus({.max_publishers = 2});
    auto subscription = bus.subscribe("a");
    CHECK(bus.publish("a", "x") == PublishResult::delivered);
    CHECK(subscription.receive()->text() == "x");
  }
  std::optional<EventBus<MpmcRing>> bus(std::in_place);
  auto subscription = bus->subscribe("a");
  auto publisher = bus->publisher("a");
  bus.reset();
  CHECK(publisher.publish("still here") == PublishResult::delivered);
  CHECK(subscription.receive()->text() == "still here");
}

}  // namespace
}  // namespace busmark
