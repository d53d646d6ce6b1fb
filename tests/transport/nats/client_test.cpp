// SPDX-License-Identifier: Apache-2.0
//
// What transport.hpp promises, kept by libnats across a real nats-server.
#include "transport/nats/library/client.hpp"

#include <signal.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "machine/affinity.hpp"
#include "support/nats.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using Client = NatsClientTransport;

bool can_use_client() {
  const std::string reason = Client::why_unavailable({.url = "own"});
  if (!reason.empty()) MESSAGE("skipped: ", reason);
  return reason.empty();
}

NatsOptions configured(NatsDelivery delivery, NatsFlush flush = NatsFlush::asap) {
  NatsOptions options{.url = "own", .timeout = 60s};
  options.client.delivery = delivery;
  options.client.flush = flush;
  return options;
}

constexpr auto kDeliveries = {NatsDelivery::async, NatsDelivery::sync, NatsDelivery::global};

TransportOptions client_options(const NatsOptions& nats, std::uint32_t payload) {
  TransportOptions result;
  result.payload = payload;
  result.nats = &nats;
  return result;
}

std::vector<Message> numbered(std::uint64_t count, std::uint32_t producer = 0) {
  std::vector<Message> result(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    result[i].due = -5;
    result[i].sequence = i;
    result[i].producer = static_cast<std::uint16_t>(producer);
    result[i].checksum = 1;  // wanted
  }
  return result;
}

template <typename P>
void publish_all(P& publisher, std::vector<Message> all, std::uint32_t size) {
  const PayloadPattern payload(size, 1);
  REQUIRE(publisher.try_publish_bulk(all.data(), all.size(), payload) == all.size());
}

/// Takes messages until `wanted` are there or a cap that nothing should reach; checks each.
template <typename S>
std::vector<Message> receive_all(S& subscription, std::size_t wanted) {
  std::vector<Message> received;
  std::vector<Message> buffer(16);
  const Deadline deadline = deadline_in(60s);
  while (received.size() < wanted && std::chrono::steady_clock::now() < deadline) {
    const std::size_t count = subscription.poll(buffer.data(), buffer.size());
    for (std::size_t i = 0; i < count; ++i) {
      const bool checked = buffer[i].checksum != 0;  // below 20 bytes there is no room for one
      if (checked && payload_checksum(subscription.payload(buffer[i])) != buffer[i].checksum) {
        FAIL("a payload does not fit its checksum");
      }
      subscription.release(buffer[i]);
      received.push_back(buffer[i]);
    }
    if (count == 0) std::this_thread::yield();
  }
  return received;
}

TEST_CASE("libnats carries every message once, in order and whole, in each of its modes") {
  if (!can_use_client()) return;
  for (const NatsDelivery delivery : kDeliveries) {
    for (const NatsFlush flush : {NatsFlush::on_timer, NatsFlush::asap}) {
      for (const std::uint32_t size : {16U, 40U, 5000U}) {
        CAPTURE(to_string(delivery));
        CAPTURE(to_string(flush));
        CAPTURE(size);
        const NatsOptions nats = configured(delivery, flush);
        TransportOptions wanted = client_options(nats, size);
        wanted.capacity = 64;  // the callback has to wait for the consumer
        Client transport(wanted);
        auto subscription = transport.subscription(0);
        auto publisher = transport.publisher(0);
        publish_all(publisher, numbered(1000), size);
        std::uint64_t expected = 0;
        for (const Message& got : receive_all(subscription, 1000)) {
          REQUIRE(got.sequence == expected++);
          CHECK(got.due == -5);
          CHECK(got.size == size - (size < 20 ? 16 : 20));
        }
        CHECK(expected == 1000);
        CHECK(subscription.dropped() == 0);
        const NatsReport report = transport.report();
        REQUIRE(report.library.has_value());
        CHECK(report.library->flush == to_string(flush));
        CHECK(report.library->delivery == to_string(delivery));
        REQUIRE(report.library->connections.size() == 2);
        CHECK(report.library->connections[0].messages_sent == 1000);
        CHECK(report.library->connections[1].messages_received == 1000);
        REQUIRE(report.load.has_value());
        CHECK(report.load->in_messages == 1000);
      }
    }
  }
}

TEST_CASE("patterns of libnats: every consumer, or one of a group, of its own subjects") {
  if (!can_use_client()) return;
  constexpr std::uint64_t kMessages = 300;
  for (const NatsDelivery delivery : kDeliveries) {
    for (const Pattern pattern : {Pattern::fan_out, Pattern::queue_group}) {
      CAPTURE(to_string(delivery));
      CAPTURE(to_string(pattern));
      const NatsOptions nats = configured(delivery);
      TransportOptions wanted = client_options(nats, 40);
      wanted.consumers = 3;
      wanted.producers = 2;
      wanted.pattern = pattern;
      wanted.subjects = "room.{0..2}.{0..1}";
      wanted.subscriptions = {"room.1.*", "room.2.0"};  // half of the subjects
      Client transport(wanted);
      std::vector<Client::Subscription> subscriptions;
      for (std::uint32_t i = 0; i < 3; ++i) subscriptions.push_back(transport.subscription(i));
      for (std::uint32_t producer = 0; producer < 2; ++producer) {
        auto publisher = transport.publisher(producer);
        publish_all(publisher, numbered(kMessages, producer), 40);
      }
      const int copies = pattern == Pattern::fan_out ? 3 : 1;
      std::map<std::pair<std::uint32_t, std::uint64_t>, int> seen;
      std::uint64_t left = kMessages * static_cast<std::uint64_t>(copies);
      const Deadline deadline = deadline_in(60s);
      while (left != 0 && std::chrono::steady_clock::now() < deadline) {
        for (auto& subscription : subscriptions) {
          Message got;
          if (subscription.poll(&got, 1) == 0) continue;
          subscription.release(got);
          ++seen[{got.producer, got.sequence}];
          --left;
        }
      }
      CHECK(seen.size() == kMessages);
      for (const auto& [id, count] : seen) CHECK(count == copies);
    }
  }
}

TEST_CASE("answers through libnats reach who asked, and a pipeline's messages its last stage") {
  if (!can_use_client()) return;
  for (const NatsDelivery delivery : kDeliveries) {
    CAPTURE(to_string(delivery));
    const NatsOptions nats = configured(delivery);
    TransportOptions wanted = client_options(nats, 64);
    wanted.producers = 2;
    wanted.pattern = Pattern::request_reply;
    const auto pass_on = [](Client::Relay& relay, std::size_t count) {
      for (Deadline deadline = deadline_in(60s);
           count != 0 && std::chrono::steady_clock::now() < deadline;) {
        Message got;
        if (relay.poll(&got, 1) == 0) continue;
        REQUIRE(relay.try_pass_on(got));
        --count;
      }
    };
    {
      Client transport(wanted);
      auto responder = transport.relay(0);
      auto first = transport.requester(0);
      auto second = transport.requester(1);
      publish_all(first, numbered(50, 0), 64);
      publish_all(second, numbered(70, 1), 64);
      pass_on(responder, 120);
      for (const Message& answer : receive_all(first, 50)) CHECK(answer.producer == 0);
      CHECK(receive_all(second, 70).size() == 70);
    }
    wanted.producers = 1;
    wanted.consumers = 2;
    wanted.pattern = Pattern::pipeline;
    Client transport(wanted);
    auto stage = transport.relay(0);
    auto sink = transport.subscription(1);
    auto publisher = transport.publisher(0);
    publish_all(publisher, numbered(50), 64);
    pass_on(stage, 50);
    CHECK(receive_all(sink, 50).size() == 50);
  }
}

TEST_CASE("what libnats drops for a slow consumer is counted: all is received or dropped") {
  if (!can_use_client()) return;
  constexpr std::uint64_t kMessages = 20'000;
  for (const NatsDelivery delivery : kDeliveries) {
    CAPTURE(to_string(delivery));
    NatsOptions nats = configured(delivery, NatsFlush::on_timer);
    nats.client.pending = 500;
    TransportOptions wanted = client_options(nats, 64);
    wanted.capacity = 64;
    Client transport(wanted);
    auto subscription = transport.subscription(0);
    auto publisher = transport.publisher(0);
    publish_all(publisher, numbered(kMessages), 64);
    std::uint64_t received = 0;
    const Deadline deadline = deadline_in(60s);
    while (received + subscription.dropped() < kMessages &&
           std::chrono::steady_clock::now() < deadline) {
      // Nothing is taken before the library had to drop something.
      if (subscription.dropped() != 0) received += receive_all(subscription, 1).size();
    }
    CHECK(subscription.dropped() > 0);
    CHECK(received + subscription.dropped() == kMessages);
    const NatsReport report = transport.report();
    CHECK(report.library->connections[1].slow_consumer_drops == subscription.dropped());
    CHECK(report.library->connections[1].error.starts_with("Slow Consumer"));
  }
}

TEST_CASE("a parked consumer of libnats is woken by every message") {
  if (!can_use_client()) return;
  for (const NatsDelivery delivery : kDeliveries) {
    CAPTURE(to_string(delivery));
    const NatsOptions nats = configured(delivery);
    TransportOptions wanted = client_options(nats, 64);
    wanted.parking = true;
    Client transport(wanted);
    auto subscription = transport.subscription(0);
    auto publisher = transport.publisher(0);
    std::atomic<int> received{0};
    std::jthread consumer([&] {
      Message got;
      while (received.load() < 200) {
        // A wake-up that is missed costs the test its time limit.
        if (subscription.poll_or_park(&got, 1, std::chrono::hours(1)) == 0) continue;
        subscription.release(got);
        received.fetch_add(1);
      }
    });
    for (int i = 0; i < 200; ++i) {
      publish_all(publisher, numbered(1), 64);
      while (i % 3 == 0 && received.load() <= i) std::this_thread::yield();
    }
    consumer.join();
    CHECK(received.load() == 200);
  }
}

TEST_CASE("threads of libnats are counted and do not inherit the one core of who made them") {
  if (!can_use_client()) return;
  const AffinityGuard affinity;
  const std::vector<CpuId> all = allowed_cpus();
  pin_this_thread(all.back());
  for (const auto& [delivery, flush, own] :
       {std::tuple{NatsDelivery::async, NatsFlush::on_timer, 5U},
        std::tuple{NatsDelivery::sync, NatsFlush::on_timer, 4U},
        std::tuple{NatsDelivery::sync, NatsFlush::asap, 2U}}) {
    CAPTURE(to_string(delivery));
    NatsOptions nats = configured(delivery, flush);
    nats.client.thread_cpus = all;
    Client transport(client_options(nats, 64));
    const NatsReport report = transport.report();
    unsigned of_connections = 0;
    for (const NatsLibraryThread& thread : report.library->threads) {
      CHECK(thread.name.starts_with("nats"));
      if (thread.name == "nats") continue;
      ++of_connections;
      CHECK(thread.allowed_cpus.size() == all.size());
    }
    CHECK(of_connections == own);
    CHECK(report.library->threads.size() > own);
  }
  CHECK(allowed_cpus() == std::vector{all.back()});
}

TEST_CASE("when the server is gone for good libnats refuses, and the report says so") {
  if (!can_use_client()) return;
  NatsOptions nats = configured(NatsDelivery::sync);
  nats.client.max_reconnects = 0;
  Client transport(client_options(nats, 64));
  auto publisher = transport.publisher(0);
  const PayloadPattern payload(64, 1);
  kill(transport.server().pid(), SIGKILL);
  const Deadline deadline = deadline_in(60s);
  int refused = 0;
  while (refused < 100 && std::chrono::steady_clock::now() < deadline) {
    Message next = numbered(1)[0];
    if (!publisher.try_publish(next, payload)) ++refused;
  }
  CHECK(refused == 100);
  NatsReport report = transport.report();
  // A thread of the library closes the connection, some time after it refuses.
  while (!report.library->connections[0].closed && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(1ms);
    report = transport.report();
  }
  CHECK(report.library->connections[0].closed);
  CHECK(report.library->connections[0].refusals == 100);
}

TEST_CASE("what libnats cannot do is refused with the cure") {
  if (!can_use_client()) return;
  const NatsOptions own = configured(NatsDelivery::sync);
  CHECK_THROWS_WITH_AS(Client{client_options(own, 15)},
                       doctest::Contains("write payload = \"16B\""), SetupError);
  CHECK_THROWS_WITH_AS(Client{client_options(own, (1 << 20) + 1)},
                       doctest::Contains("at most 1048576 bytes"), SetupError);
}

}  // namespace
}  // namespace busmark
