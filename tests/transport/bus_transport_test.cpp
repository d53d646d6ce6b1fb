// SPDX-License-Identifier: Apache-2.0
// What the bus transports do beyond the contract of every transport: subjects and patterns.
#include "transport/bus_transport.hpp"

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "transport/all_transports.hpp"
#include "transport/payload_source.hpp"

namespace busmark {
namespace {

using BusTransports =
    std::tuple<BusTransport<SpscRing>, BusTransport<MpmcRing>, BusTransport<MoodycamelQueue>>;

Message numbered(std::uint64_t sequence, const PayloadPattern& payload,
                 std::uint32_t producer = 0) {
  Message message;
  message.sequence = sequence;
  message.producer = static_cast<std::uint16_t>(producer);
  message.size = payload.size();
  message.checksum = payload.checksum(sequence);
  return message;
}

template <typename S>
std::vector<Message> take_all(S& subscription) {
  std::vector<Message> taken;
  Message message;
  while (subscription.poll(&message, 1) == 1) {
    CHECK(payload_checksum(subscription.payload(message)) == message.checksum);
    taken.push_back(message);
  }
  return taken;
}

template <typename S>
std::vector<std::uint64_t> drain(S& subscription) {
  std::vector<std::uint64_t> sequences;
  for (const Message& message : take_all(subscription)) {
    sequences.push_back(message.sequence);
    subscription.release(message);
  }
  return sequences;
}

TEST_CASE_TEMPLATE_DEFINE("a bus transport serves every pattern", T, patterns) {
  for (const std::uint32_t size : {16U, 100U}) {
    CAPTURE(size);
    const PayloadPattern payload(size, 7);

    SUBCASE("fan-out: every subscriber gets every message, and the last one frees its payload") {
      T transport(TransportOptions{
          .consumers = 3, .capacity = 4, .payload = size, .pattern = Pattern::fan_out});
      std::vector<typename T::Subscription> subscriptions;
      for (std::uint32_t c = 0; c < 3; ++c) subscriptions.push_back(transport.subscription(c));
      auto publisher = transport.publisher(0);
      for (std::uint64_t sequence = 0; sequence < 100; ++sequence) {
        Message message = numbered(sequence, payload);
        REQUIRE(publisher.try_publish(message, payload));
        for (auto& subscription : subscriptions) {
          CHECK(drain(subscription) == std::vector{sequence});
        }
      }
    }

    SUBCASE("queue group: the members share the messages") {
      T transport(TransportOptions{
          .consumers = 2, .capacity = 64, .payload = size, .pattern = Pattern::queue_group});
      auto first = transport.subscription(0);
      auto second = transport.subscription(1);
      auto publisher = transport.publisher(0);
      for (std::uint64_t sequence = 0; sequence < 40; ++sequence) {
        Message message = numbered(sequence, payload);
        REQUIRE(publisher.try_publish(message, payload));
      }
      const std::vector<std::uint64_t> one = drain(first);
      const std::vector<std::uint64_t> two = drain(second);
      CHECK(one.size() == 20);
      CHECK(two.size() == 20);
      std::set<std::uint64_t> both(one.begin(), one.end());
      both.insert(two.begin(), two.end());
      CHECK(both.size() == 40);
    }

    SUBCASE("request-reply: the answer reaches who asked, and only them, with the payload") {
      T transport(TransportOptions{.producers = 2,
                                   .consumers = 1,
                                   .capacity = 8,
                                   .payload = size,
                                   .pattern = Pattern::request_reply});
      auto asking = transport.requester(0);
      auto other = transport.requester(1);
      auto responder = transport.relay(0);
      const PayloadPattern others(size, 8);
      for (std::uint64_t sequence = 0; sequence < 50; ++sequence) {
        Message mine = numbered(sequence, payload, 0);
        Message theirs = numbered(sequence, others, 1);
        REQUIRE(asking.try_publish(mine, payload));
        REQUIRE(other.try_publish(theirs, others));
        for (Message& request : take_all(responder)) REQUIRE(responder.try_pass_on(request));
        CHECK(drain(asking) == std::vector{sequence});
        CHECK(drain(other) == std::vector{sequence});
      }
    }

    SUBCASE("pipeline: a message goes through the stages in order") {
      T transport(TransportOptions{
          .consumers = 3, .capacity = 8, .payload = size, .pattern = Pattern::pipeline});
      auto sink = transport.subscription(2);
      auto second = transport.relay(1);
      auto first = transport.relay(0);
      auto publisher = transport.publisher(0);
      for (std::uint64_t sequence = 0; sequence < 50; ++sequence) {
        Message message = numbered(sequence, payload);
        REQUIRE(publisher.try_publish(message, payload));
        CHECK(drain(sink).empty());
        for (Message& passing : take_all(first)) REQUIRE(first.try_pass_on(passing));
        CHECK(drain(sink).empty());
        for (Message& passing : take_all(second)) REQUIRE(second.try_pass_on(passing));
        CHECK(drain(sink) == std::vector{sequence});
      }
    }

    SUBCASE("a stage that is full refuses, and what is given up frees its payload") {
      T transport(TransportOptions{
          .consumers = 2, .capacity = 2, .payload = size, .pattern = Pattern::pipeline});
      auto sink = transport.subscription(1);
      auto stage = transport.relay(0);
      auto publisher = transport.publisher(0);
      for (int round = 0; round < 100; ++round) {
        std::uint64_t passed_on = 0;
        std::uint64_t given_up = 0;
        while (given_up == 0) {
          Message message = numbered(passed_on, payload);
          REQUIRE(publisher.try_publish(message, payload));
          for (Message& passing : take_all(stage)) {
            if (stage.try_pass_on(passing)) {
              ++passed_on;
            } else {
              stage.release(passing);
              ++given_up;
            }
          }
        }
        CHECK(drain(sink).size() == passed_on);
      }
    }

    SUBCASE("on_full = drop: the subscription counts what it did not get") {
      T transport(TransportOptions{.consumers = 2,
                                   .capacity = 4,
                                   .payload = size,
                                   .pattern = Pattern::fan_out,
                                   .on_full = OnFull::drop});
      auto slow = transport.subscription(0);
      auto fast = transport.subscription(1);
      auto publisher = transport.publisher(0);
      std::uint64_t fast_got = 0;
      for (std::uint64_t sequence = 0; sequence < 2000; ++sequence) {
        Message message = numbered(sequence, payload);
        if (!publisher.try_publish(message, payload)) publisher.abandon(&message, 1);
        fast_got += drain(fast).size();
      }
      const std::uint64_t slow_got = drain(slow).size();
      CHECK(slow_got >= 4);
      CHECK(slow_got + slow.dropped() == fast_got + fast.dropped());
      CHECK(fast.dropped() == 0);
      CHECK(slow.dropped() > 0);
    }
  }

  SUBCASE("subjects are taken in turn and reach the subscription whose pattern matches") {
    T transport(TransportOptions{.producers = 2,
                                 .capacity = 64,
                                 .payload = 16,
                                 .subjects = "room.{0..3}.say",
                                 .subscriptions = {"room.{0..1}.*", "room.2.>", "room.3.say"}});
    auto subscription = transport.subscription(0);
    auto first = transport.publisher(0);
    auto second = transport.publisher(1);
    const PayloadPattern payload(16, 3);
    std::vector<std::uint32_t> subjects;
    for (std::uint64_t sequence = 0; sequence < 5; ++sequence) {
      Message message = numbered(sequence, payload);
      REQUIRE(first.try_publish(message, payload));
    }
    for (const Message& message : take_all(subscription)) subjects.push_back(message.subject);
    CHECK(subjects == std::vector<std::uint32_t>{0, 1, 2, 3, 0});
    subjects.clear();
    std::vector<Message> batch;
    for (std::uint64_t i = 0; i < 4; ++i) batch.push_back(numbered(i, payload, 1));
    REQUIRE(second.try_publish_bulk(batch.data(), batch.size(), payload) == 4);
    for (const Message& message : take_all(subscription)) subjects.push_back(message.subject);
    CHECK(subjects == std::vector<std::uint32_t>{2, 3, 0, 1});
  }
}

TEST_CASE_TEMPLATE_APPLY(patterns, BusTransports);

TEST_CASE("a subscriber that never polls starves nobody when messages may be dropped") {
  BusTransport<MpmcRing> transport(TransportOptions{.consumers = 3,
                                                    .capacity = 64,
                                                    .payload = 256,
                                                    .pattern = Pattern::fan_out,
                                                    .on_full = OnFull::drop});
  auto dead = transport.subscription(0);
  auto later = transport.subscription(1);
  auto quick = transport.subscription(2);
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(256, 3);
  std::uint64_t got = 0;
  for (std::uint64_t sequence = 0; sequence < 1000; ++sequence) {
    Message message = numbered(sequence, payload);
    REQUIRE(publisher.try_publish(message, payload));
    got += drain(quick).size();
    if (sequence == 500) drain(later);  // and never again: it now holds other slots than `dead`
  }
  CHECK(got == 1000);
  CHECK(dead.dropped() == 1000 - 64);
  drain(dead);
  drain(later);
}

TEST_CASE("old messages give way where the queue allows it, and are counted") {
  BusTransport<MpmcRing> transport(
      TransportOptions{.capacity = 4, .payload = 100, .on_full = OnFull::drop_old});
  auto subscription = transport.subscription(0);
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(100, 3);
  for (std::uint64_t sequence = 0; sequence < 20; ++sequence) {
    Message message = numbered(sequence, payload);
    REQUIRE(publisher.try_publish(message, payload));
  }
  CHECK(drain(subscription) == std::vector<std::uint64_t>{16, 17, 18, 19});
  CHECK(subscription.dropped() == 16);
  CHECK(BusTransport<MpmcRing>::kInfo.drops_old);
  CHECK_FALSE(BusTransport<SpscRing>::kInfo.drops_old);
}

}  // namespace
}  // namespace busmark
