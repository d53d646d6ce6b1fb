// SPDX-License-Identifier: Apache-2.0
//
// nats/wire where messages are passed on, and where others use the server too.
#include <chrono>
#include <vector>

#include <doctest/doctest.h>

#include "support/nats_messages.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using namespace testing;

TEST_CASE("requests go to one responder each, and answers to who asked, whole") {
  if (!can_start_nats_server()) return;
  TransportOptions wanted = options(48);
  wanted.pattern = Pattern::request_reply;
  wanted.producers = 2;
  wanted.consumers = 2;
  wanted.subjects = "service.{0..2}";
  NatsWireTransport transport(wanted);
  std::vector<NatsWireTransport::Relay> responders{transport.relay(0), transport.relay(1)};
  std::vector<NatsWireTransport::Requester> requesters{transport.requester(0),
                                                       transport.requester(1)};
  constexpr std::uint64_t kRequests = 500;
  const PayloadPattern payload(48, 1);
  for (std::uint32_t p = 0; p < 2; ++p) publish(requesters[p], messages(0, kRequests, p), payload);
  std::vector<std::size_t> shares(2);
  std::vector<std::vector<int>> answered(2, std::vector<int>(kRequests));
  std::size_t answers = 0;
  const Deadline deadline = deadline_in(60s);
  std::vector<Message> buffer(8);
  while (answers < 2 * kRequests && std::chrono::steady_clock::now() < deadline) {
    for (std::size_t r = 0; r < 2; ++r) {
      const std::size_t count = responders[r].poll(buffer.data(), buffer.size());
      for (std::size_t i = 0; i < count; ++i) REQUIRE(responders[r].try_pass_on(buffer[i]));
      shares[r] += count;
    }
    for (std::uint32_t p = 0; p < 2; ++p) {
      const std::size_t count = requesters[p].poll(buffer.data(), buffer.size());
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(buffer[i].producer == p);
        CHECK(payload_checksum(requesters[p].payload(buffer[i])) == buffer[i].checksum);
        ++answered[p].at(buffer[i].sequence);
        requesters[p].release(buffer[i]);
      }
      answers += count;
    }
  }
  for (const auto& counts : answered) {
    for (const int count : counts) CHECK(count == 1);
  }
  for (const std::size_t share : shares) CHECK(share > 0);
  for (const NatsEndpointReport& endpoint : transport.report().endpoints) {
    CHECK(endpoint.foreign == 0);
    CHECK(endpoint.unanswered == 0);
  }
}

TEST_CASE("a request that nobody serves is told so by the server, and is no answer") {
  if (!can_start_nats_server()) return;
  TransportOptions wanted = options(16);
  wanted.pattern = Pattern::request_reply;
  NatsWireTransport transport(wanted);
  auto requester = transport.requester(0);
  publish(requester, messages(0, 3), PayloadPattern(16, 1));
  const Deadline deadline = deadline_in(60s);
  while (transport.report().endpoints[0].unanswered < 3) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    Message got;
    CHECK(requester.poll(&got, 1) == 0);
  }
  CHECK(transport.report().endpoints[0].foreign == 0);
}

TEST_CASE("a pipeline hands every message from stage to stage in order") {
  if (!can_start_nats_server()) return;
  TransportOptions wanted = options(32);
  wanted.pattern = Pattern::pipeline;
  wanted.consumers = 3;
  NatsWireTransport transport(wanted);
  auto last = transport.subscription(2);
  std::vector<NatsWireTransport::Relay> stages{transport.relay(0), transport.relay(1)};
  auto publisher = transport.publisher(0);
  publish(publisher, messages(0, 500), PayloadPattern(32, 1));
  std::uint64_t expected = 0;
  const Deadline deadline = deadline_in(60s);
  std::vector<Message> buffer(16);
  while (expected < 500 && std::chrono::steady_clock::now() < deadline) {
    for (auto& stage : stages) {
      const std::size_t count = stage.poll(buffer.data(), buffer.size());
      for (std::size_t i = 0; i < count; ++i) REQUIRE(stage.try_pass_on(buffer[i]));
    }
    const std::size_t count = last.poll(buffer.data(), buffer.size());
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(buffer[i].sequence == expected++);
      CHECK(payload_checksum(last.payload(buffer[i])) == buffer[i].checksum);
      last.release(buffer[i]);
    }
  }
  CHECK(expected == 500);
}

TEST_CASE("two runs on one server of others do not hear each other") {
  if (!can_start_nats_server()) return;
  const NatsServer server(kOwn);
  NatsOptions shared = kOwn;
  shared.url = server.address().shown();
  TransportOptions wanted = options(16);
  wanted.nats = &shared;
  NatsWireTransport one(wanted);
  NatsWireTransport other(wanted);
  auto heard = one.subscription(0);
  auto not_heard = other.subscription(0);
  auto publisher = one.publisher(0);
  publish(publisher, messages(0, 100), PayloadPattern(16, 1));
  CHECK(receive(heard, 100).size() == 100);
  auto other_publisher = other.publisher(0);
  publish(other_publisher, messages(7, 1), PayloadPattern(16, 1));
  const auto received = receive(not_heard, 1);
  REQUIRE(received.size() == 1);
  CHECK(received[0].sequence == 7);
  CHECK(nats_server_place(shared) == ServerPlace::here);
  CHECK(one.report().server == "nats-server " + server.info().version + " at " + shared.url);
}

}  // namespace
}  // namespace busmark
