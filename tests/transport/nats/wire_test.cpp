// SPDX-License-Identifier: Apache-2.0
//
// What transport.hpp promises, kept across a real nats-server.
#include "transport/nats/wire.hpp"

#include <signal.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/nats_messages.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using namespace testing;

TEST_CASE("every message crosses the server once, in order and whole, at any size and batch") {
  if (!can_start_nats_server()) return;
  for (const std::uint32_t size : {16U, 17U, 20U, 21U, 64U, 1000U, 65'536U, 1'048'576U}) {
    for (const std::uint32_t batch : {1U, 7U, 300U}) {
      CAPTURE(size);
      CAPTURE(batch);
      NatsWireTransport transport(options(size));
      auto subscription = transport.subscription(0);
      auto publisher = transport.publisher(0);
      const PayloadPattern payload(size, 1);
      const std::uint64_t rounds = size > 10'000 ? 2 : 20;
      std::jthread producer([&] {
        for (std::uint64_t round = 0; round < rounds; ++round) {
          publish(publisher, messages(round * batch, batch), payload);
        }
      });
      std::uint64_t expected = 0;
      for (const Message& got : receive(subscription, rounds * batch)) {
        REQUIRE(got.sequence == expected);
        CHECK(got.due == -5);
        CHECK(got.sent == static_cast<std::int64_t>(expected) << 10);
        CHECK(got.producer == 0);
        CHECK(got.size == size - (size < 20 ? 16 : 20));
        ++expected;
      }
      CHECK(expected == rounds * batch);
    }
  }
}

TEST_CASE("a whole batch leaves in one system call, and the server's counters agree") {
  if (!can_start_nats_server()) return;
  NatsWireTransport transport(options(64));
  auto subscription = transport.subscription(0);
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(64, 1);
  for (std::uint64_t round = 0; round < 10; ++round) {
    auto batch = messages(round * 100, 100);
    REQUIRE(publisher.try_publish_bulk(batch.data(), batch.size(), payload) == 100);
    REQUIRE(receive(subscription, 100).size() == 100);
  }
  const NatsReport report = transport.report();
  REQUIRE(report.endpoints.size() == 2);
  CHECK(report.endpoints[0].role == "consumer 0");
  CHECK(report.endpoints[1].role == "producer 0");
  CHECK(report.endpoints[1].counters.sends == 1 + 10);  // CONNECT and PING are one
  CHECK(report.endpoints[1].end.empty());
  REQUIRE(report.load.has_value());
  CHECK(report.load->in_messages == 1000);
  CHECK(report.load->out_messages == 1000);
  CHECK(report.load->in_bytes == 64'000);
  CHECK(report.load->slow_consumers == 0);
}

TEST_CASE("patterns decide who receives: every consumer, or one of a group, of its own subjects") {
  if (!can_start_nats_server()) return;
  constexpr std::uint64_t kMessages = 600;
  TransportOptions wanted = options(40);
  wanted.consumers = 3;
  wanted.producers = 2;
  wanted.subjects = "room.{0..2}.{0..1}";
  std::uint64_t expected_each = 2 * kMessages;
  SUBCASE("fan-out") { wanted.pattern = Pattern::fan_out; }
  SUBCASE("fan-out of some subjects") {
    wanted.pattern = Pattern::fan_out;
    wanted.subscriptions = {"room.1.*", "room.2.0"};
    expected_each = kMessages;
  }
  SUBCASE("queue group") {
    wanted.pattern = Pattern::queue_group;
    expected_each = 0;
  }
  NatsWireTransport transport(wanted);
  std::vector<NatsWireTransport::Subscription> subscriptions;
  for (std::uint32_t i = 0; i < 3; ++i) subscriptions.push_back(transport.subscription(i));
  const PayloadPattern payload(40, 1);
  for (std::uint32_t producer = 0; producer < 2; ++producer) {
    auto publisher = transport.publisher(producer);
    publish(publisher, messages(0, kMessages, producer), payload);
  }
  std::map<std::pair<std::uint32_t, std::uint64_t>, int> copies;
  if (expected_each != 0) {
    for (auto& subscription : subscriptions) {
      const auto received = receive(subscription, expected_each);
      CHECK(received.size() == expected_each);
      for (const Message& got : received) ++copies[{got.producer, got.sequence}];
    }
    CHECK(copies.size() == expected_each);
    for (const auto& [id, count] : copies) CHECK(count == 3);
    return;
  }
  const Deadline deadline = deadline_in(60s);
  std::vector<std::size_t> shares(3);
  while (copies.size() < 2 * kMessages && std::chrono::steady_clock::now() < deadline) {
    for (std::size_t i = 0; i < 3; ++i) {
      Message got;
      if (subscriptions[i].poll(&got, 1) == 0) continue;
      subscriptions[i].release(got);
      ++copies[{got.producer, got.sequence}];
      ++shares[i];
    }
  }
  CHECK(copies.size() == 2 * kMessages);
  for (const auto& [id, count] : copies) CHECK(count == 1);
  for (const std::size_t share : shares) CHECK(share > 0);
}

TEST_CASE("a parked consumer is woken by every message") {
  if (!can_start_nats_server()) return;
  constexpr std::uint64_t kMessages = 300;
  NatsWireTransport transport(options(64));
  auto subscription = transport.subscription(0);
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(64, 1);
  std::atomic<std::uint64_t> received{0};
  std::jthread consumer([&] {
    Message got;
    while (received.load() < kMessages) {
      // A wake-up that is missed costs the test its time limit.
      if (subscription.poll_or_park(&got, 1, std::chrono::hours(1)) == 0) continue;
      subscription.release(got);
      received.fetch_add(1);
    }
  });
  for (std::uint64_t sequence = 0; sequence < kMessages; ++sequence) {
    publish(publisher, messages(sequence, 1), payload);
    while (sequence % 3 == 0 && received.load() <= sequence) std::this_thread::yield();
  }
  consumer.join();
  CHECK(received.load() == kMessages);
}

TEST_CASE("messages that are still held keep their bytes while others come") {
  if (!can_start_nats_server()) return;
  NatsWireTransport transport(options(65'536));
  auto subscription = transport.subscription(0);
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(65'536, 1);
  std::jthread producer([&] { publish(publisher, messages(0, 100), payload); });
  std::vector<Message> held;
  std::uint64_t released = 0;
  const Deadline deadline = deadline_in(60s);
  while (released < 100 && std::chrono::steady_clock::now() < deadline) {
    Message got;
    if (subscription.poll(&got, 1) == 1) {
      held.push_back(got);
    } else if (!held.empty()) {
      // All that fit are held: the oldest must be as it was sent.
      for (const Message& each : held) {
        REQUIRE(payload_checksum(subscription.payload(each)) == each.checksum);
        REQUIRE(each.sequence == released++);
        subscription.release(each);
      }
      held.clear();
    }
  }
  CHECK(released == 100);
}

TEST_CASE("a server that does not read is full, and what was accepted arrives once it does") {
  if (!can_start_nats_server()) return;
  for (const std::uint32_t size : {40U, 5000U, 500'000U}) {
    CAPTURE(size);
    NatsWireTransport transport(options(size));
    auto subscription = transport.subscription(0);
    auto publisher = transport.publisher(0);
    const PayloadPattern payload(size, 1);
    kill(transport.server().pid(), SIGSTOP);
    std::uint64_t accepted = 0;
    for (int refused = 0; refused < 100;) {
      auto batch = messages(accepted, 5);
      const std::size_t sent = publisher.try_publish_bulk(batch.data(), 5, payload);
      accepted += sent;
      if (sent == 5) continue;
      // The worker of a scenario with on_full = "drop" gives up and goes on with the same number.
      publisher.abandon(batch.data() + sent, 5 - sent);
      ++refused;
    }
    CHECK(accepted > 0);
    kill(transport.server().pid(), SIGCONT);
    std::jthread producer([&] { publish(publisher, messages(accepted, 50), payload); });
    std::uint64_t expected = 0;
    for (const Message& got : receive(subscription, accepted + 50)) {
      REQUIRE(got.sequence == expected);
      ++expected;
    }
    CHECK(expected == accepted + 50);
    producer.join();
    const NatsReport report = transport.report();
    CHECK(report.endpoints[1].counters.full > 0);
    CHECK(report.endpoints[1].end.empty());
  }
}

TEST_CASE("when the server is gone everything is refused, and the report says why") {
  if (!can_start_nats_server()) return;
  NatsWireTransport transport(options(64));
  auto subscription = transport.subscription(0);
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(64, 1);
  kill(transport.server().pid(), SIGKILL);
  const Deadline deadline = deadline_in(60s);
  std::uint64_t sequence = 0;
  int refused = 0;
  while (refused < 1000 && std::chrono::steady_clock::now() < deadline) {
    Message next = message(sequence);
    publisher.try_publish(next, payload) ? ++sequence : static_cast<std::uint64_t>(++refused);
  }
  CHECK(refused == 1000);
  Message got;
  CHECK(subscription.poll_or_park(&got, 1, 1ms) == 0);
  CHECK(subscription.poll_or_park(&got, 1, 1ms) == 0);
  const NatsReport report = transport.report();
  CHECK_FALSE(report.load.has_value());
  CHECK(report.load_fault.find("Connection refused") != std::string::npos);
  for (const NatsEndpointReport& endpoint : report.endpoints) {
    CAPTURE(endpoint.role);
    CHECK(endpoint.end.find("the connection") != std::string::npos);
  }
}

TEST_CASE("what the transport cannot carry is refused with the cure") {
  CHECK_THROWS_WITH_AS(NatsWireTransport{options(15)}, doctest::Contains("write payload = \"16B\""),
                       SetupError);
  if (!can_start_nats_server()) return;
  CHECK_THROWS_WITH_AS(NatsWireTransport{options((1 << 20) + 1)},
                       doctest::Contains("at most 1048576 bytes"), SetupError);
}

}  // namespace
}  // namespace busmark
