// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library/jetstream.hpp"

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/nats_messages.hpp"

namespace busmark {
namespace {

using namespace busmark::testing;

bool can_use_jetstream() {
  const std::string reason = JetStream::why_unavailable({.url = "own"});
  if (!reason.empty()) MESSAGE("skipped: ", reason);
  return reason.empty();
}

TransportOptions with(const NatsOptions& nats, std::uint32_t payload) {
  TransportOptions result = options(payload);
  result.nats = &nats;
  return result;
}

TEST_CASE("a message has arrived when the stream has acknowledged it, whoever waits for it") {
  if (!can_use_jetstream()) return;
  for (const JetStreamStorage storage : {JetStreamStorage::file, JetStreamStorage::memory}) {
    for (const JetStreamAck ack : {JetStreamAck::sync, JetStreamAck::async}) {
      CAPTURE(to_string(storage));
      CAPTURE(to_string(ack));
      NatsOptions nats = kOwn;
      nats.jetstream.storage = storage;
      nats.jetstream.ack = ack;
      TransportOptions wanted = with(nats, 64);
      wanted.producers = 2;
      wanted.pattern = Pattern::fan_in;
      JetStreamPublishTransport transport(wanted);
      auto acks = transport.subscription(0);
      for (std::uint32_t producer = 0; producer < 2; ++producer) {
        auto publisher = transport.publisher(producer);
        publish(publisher, messages(0, 200, producer), PayloadPattern(64, 1));
      }
      std::set<std::pair<std::uint32_t, std::uint64_t>> seen;
      for (const Message& got : receive(acks, 400)) seen.insert({got.producer, got.sequence});
      CHECK(seen.size() == 400);
      CHECK(acks.dropped() == 0);
      const NatsReport report = transport.report();
      const std::string& stream = report.library->stream;
      CHECK(stream.starts_with(std::string(to_string(storage)) + " storage, 1 replica"));
      CHECK((stream.find("ack before fsync") != std::string::npos) ==
            (storage == JetStreamStorage::file));
      CHECK((stream.find("each ack awaited") != std::string::npos) == (ack == JetStreamAck::sync));
    }
  }
}

TEST_CASE("a consumer of a stream gets every message once, pulled or pushed, and acknowledges it") {
  if (!can_use_jetstream()) return;
  NatsOptions nats = kOwn;
  nats.jetstream.storage = JetStreamStorage::memory;
  for (const auto& [consume, delivery] : {std::pair{JetStreamConsume::pull, NatsDelivery::async},
                                          std::pair{JetStreamConsume::push, NatsDelivery::async},
                                          std::pair{JetStreamConsume::push, NatsDelivery::sync}}) {
    for (const std::size_t batch : {1U, 16U}) {
      CAPTURE(to_string(consume));
      CAPTURE(to_string(delivery));
      CAPTURE(batch);
      nats.jetstream.consume = consume;
      nats.client.delivery = delivery;
      TransportOptions wanted = with(nats, 64);
      wanted.subjects = "room.{0..2}";
      JetStreamConsumeTransport transport(wanted);
      auto subscription = transport.subscription(0);
      auto publisher = transport.publisher(0);
      // More than may be delivered without an acknowledgement.
      publish(publisher, messages(0, 1500), PayloadPattern(64, 1));
      std::uint64_t expected = 0;
      for (const Message& got : receive(subscription, 1500, batch)) {
        REQUIRE(got.sequence == expected++);
      }
      CHECK(expected == 1500);
      CHECK(subscription.dropped() == 0);
    }
  }
}

TEST_CASE("consumers share a stream's messages in a group, else each gets all of them") {
  if (!can_use_jetstream()) return;
  NatsOptions nats = kOwn;
  nats.jetstream.storage = JetStreamStorage::memory;
  nats.jetstream.consume = JetStreamConsume::push;
  for (const Pattern pattern : {Pattern::queue_group, Pattern::fan_out}) {
    CAPTURE(to_string(pattern));
    TransportOptions wanted = with(nats, 64);
    wanted.consumers = 2;
    wanted.pattern = pattern;
    JetStreamConsumeTransport transport(wanted);
    auto first = transport.subscription(0);
    auto second = transport.subscription(1);
    auto publisher = transport.publisher(0);
    publish(publisher, messages(0, 300), PayloadPattern(64, 1));
    if (pattern == Pattern::fan_out) {
      CHECK(receive(first, 300).size() == 300);
      CHECK(receive(second, 300).size() == 300);
      continue;
    }
    std::set<std::uint64_t> seen;
    const Deadline deadline = deadline_in(std::chrono::seconds(60));
    while (seen.size() < 300 && std::chrono::steady_clock::now() < deadline) {
      for (auto* subscription : {&first, &second}) {
        Message got;
        if (subscription->poll(&got, 1) == 0) continue;
        subscription->release(got);
        CHECK(seen.insert(got.sequence).second);
      }
    }
    CHECK(seen.size() == 300);
  }
}

TEST_CASE("a stream that cannot be made is refused in one sentence") {
  if (!can_use_jetstream()) return;
  NatsOptions nats = kOwn;
  nats.jetstream.replicas = 3;
  CHECK_THROWS_WITH_AS(JetStreamPublishTransport{with(nats, 64)},
                       doctest::Contains("makes no stream with file storage, 3 replicas"),
                       SetupError);
}

}  // namespace
}  // namespace busmark
