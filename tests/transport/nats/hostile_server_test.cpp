// SPDX-License-Identifier: Apache-2.0
//
// Whatever a server does, every call returns, and what happened is told.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/fake_nats_server.hpp"
#include "transport/nats/wire.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using Peer = FakeNatsServer::Peer;

/// Longest wait that the client is told to accept: what comes has come by then on a busy machine,
/// too.
constexpr Nanoseconds kPatience = 30s;
/// The same where nothing comes, so that every wait lasts as long.
constexpr Nanoseconds kImpatience = 300ms;

std::string why_refused(const FakeNatsServer::Script& script, Nanoseconds timeout = kPatience) {
  const FakeNatsServer server(script);
  try {
    const NatsServer client({.url = server.url(), .timeout = timeout});
    return "accepted";
  } catch (const SetupError& error) {
    const std::string text = error.what();
    CHECK(text.find(server.url()) == 0);
    return text.substr(server.url().size() + 1);
  }
}

TEST_CASE("a server that is none is refused in time, with what it did") {
  CHECK(why_refused([](Peer&) {}) == "closed the connection");
  CHECK(why_refused([](Peer& peer) { peer.stay(); }, kImpatience) ==
        "accepts connections but says nothing: it is no nats-server, or one that hangs");
  CHECK(why_refused([](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }) ==
        "does not speak NATS: it sent an operation that NATS does not know");
  CHECK(why_refused([](Peer& peer) { peer.send(std::string(1000, '\xff')); }) ==
        "does not speak NATS: it sent an operation that NATS does not know");
  CHECK(why_refused([](Peer& peer) { peer.send("INFO {" + std::string(100'000, ' ')); }) ==
        "does not speak NATS: it sent a line that does not end within its limit");
  CHECK(why_refused([](Peer& peer) { peer.send("INFO {\"version\":1}\r\n"); }) ==
        "sent an INFO that cannot be read: a field has the wrong type");
  CHECK(why_refused([](Peer& peer) { peer.send("INFO {\"a\":}\r\n"); }) ==
        "sent an INFO that cannot be read: it is no JSON object");
  CHECK(why_refused([](Peer& peer) { peer.send("INFO {\"tls_required\":true}\r\n"); }) ==
        "wants TLS, which nats/wire does not speak");
  CHECK(why_refused(
            [](Peer& peer) {
              peer.send("INFO {}\r\n");
              peer.stay();
            },
            3s) == "did not answer in time");
  CHECK(why_refused([](Peer& peer) {
          peer.send("INFO {}\r\n");
          peer.await("PING\r\n");
          peer.send("-ERR 'Unknown \x1b Protocol'\r\n");
        }) == "said -ERR \"Unknown \\x1b Protocol\" and closed the connection");
}

TEST_CASE("a greeting that drips is waited for no longer than the time allowed") {
  const std::string greeting = "INFO {" + std::string(5000, ' ') + "}\r\n";
  const auto start = std::chrono::steady_clock::now();
  const std::string reason = why_refused(
      [&](Peer& peer) {
        for (const char& c : greeting) {
          if (!peer.send({&c, 1})) return;
          std::this_thread::sleep_for(1ms);
        }
      },
      kImpatience);
  CHECK(reason.find("says nothing") != std::string::npos);
  // It would have taken five seconds; nothing is asserted but that it was not waited for.
  CHECK(std::chrono::steady_clock::now() - start >= kImpatience);
}

/// A transport whose server greets well and then follows the script on the consumer's connection.
struct Meeting {
  explicit Meeting(FakeNatsServer::Script then, Nanoseconds timeout = kPatience)
      : server([this, then = std::move(then)](Peer& peer) {
          if (!peer.greet()) return;
          if (connections++ == 0) return peer.stay();
          then(peer);
        }),
        nats{.url = server.url(), .timeout = timeout} {}

  [[nodiscard]] NatsWireTransport transport() const {
    TransportOptions options;
    options.payload = 40;
    options.nats = &nats;
    return NatsWireTransport(options);
  }

  std::atomic<int> connections{0};
  FakeNatsServer server;
  NatsOptions nats;
};

/// Confirms the subscription and then says `text`.
FakeNatsServer::Script say(std::string text) {
  return [text = std::move(text)](Peer& peer) {
    if (!peer.await("PING\r\n") || !peer.send("PONG\r\n")) return;
    peer.send(text);
  };
}

/// One message as the wire has it, of 40 bytes.
std::string message_text(std::uint64_t sequence) {
  Message message;
  message.sequence = sequence;
  std::string payload(40, 'x');
  NatsHeader(0, static_cast<std::uint32_t>(payload.size())).write(payload.data(), message, 0);
  return "MSG busmark.0 1 40\r\n" + payload + "\r\n";
}

/// Polls until the connection ends or `most` messages are there; returns how many are.
std::size_t receive_until_end(NatsWireTransport& transport, std::size_t most = 1000) {
  auto subscription = transport.subscription(0);
  std::size_t received = 0;
  const Deadline deadline = deadline_in(60s);
  while (received < most && !transport.report().endpoints[0].ended) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    Message got[4];
    const std::size_t count = subscription.poll_or_park(got, 4, 1ms);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(got[i].sequence == received++);
      subscription.release(got[i]);
    }
  }
  return received;
}

TEST_CASE("what came before a server broke off counts, and its end is told") {
  const std::string two = message_text(0) + message_text(1);
  struct Example {
    std::string rest;
    std::string_view end;
  };
  for (const Example& example :
       {Example{"", "closed the connection"},
        Example{message_text(2).substr(0, 30), "closed the connection"},
        Example{"MSG busmark.0 1 1073741824\r\n" + std::string(1000, 'x'),
                "does not speak NATS: it sent a message above the limit of its size"},
        Example{"HMSG busmark.0 1 1073741824 1073741824\r\n",
                "does not speak NATS: it sent a header above the limit of its size"},
        Example{"\xde\xad\xbe\xef",
                "does not speak NATS: it sent an operation that NATS does not know"},
        Example{"-ERR 'Slow Consumer'\r\n",
                "said -ERR \"Slow Consumer\" and closed the connection"}}) {
    CAPTURE(example.rest);
    Meeting meeting(say(two + example.rest));
    NatsWireTransport transport = meeting.transport();
    CHECK(receive_until_end(transport) == 2);
    CHECK(transport.report().endpoints[0].end == example.end);
    CHECK(transport.report().endpoints[0].foreign == 0);
  }
}

TEST_CASE("messages that drip arrive whole, and foreign ones are counted and passed over") {
  std::string text;
  for (std::uint64_t i = 0; i < 3; ++i) text += message_text(i) + "MSG busmark.0 1 5\r\nhello\r\n";
  Meeting meeting([&](Peer& peer) {
    if (!peer.await("PING\r\n") || !peer.send("PONG\r\n")) return;
    for (const char& c : text) {
      if (!peer.send({&c, 1})) return;
      std::this_thread::sleep_for(100us);
    }
  });
  NatsWireTransport transport = meeting.transport();
  CHECK(receive_until_end(transport) == 3);
  CHECK(transport.report().endpoints[0].foreign == 3);
}

TEST_CASE("a subscription that is refused or not confirmed ends the set-up") {
  Meeting refusing([](Peer& peer) {
    peer.await("PING\r\n");
    peer.send("-ERR 'Permissions Violation for Subscription to \"busmark.0\"'\r\nPONG\r\n");
    peer.stay();
  });
  NatsWireTransport first = refusing.transport();
  CHECK_THROWS_WITH_AS(static_cast<void>(first.subscription(0)),
                       doctest::Contains("Permissions Violation"), SetupError);
  Meeting silent([](Peer& peer) { peer.stay(); }, 3s);
  NatsWireTransport second = silent.transport();
  CHECK_THROWS_WITH_AS(static_cast<void>(second.subscription(0)),
                       doctest::Contains("did not answer in time"), SetupError);
}

TEST_CASE("a server that asks without end and listens to no answer holds nobody up") {
  std::string pings;
  for (int i = 0; i < 100'000; ++i) pings += "PING\r\n";
  Meeting meeting([&](Peer& peer) {
    if (!peer.await("PING\r\n") || !peer.send("PONG\r\n")) return;
    for (int i = 0; i < 20; ++i) peer.send(pings);
    peer.send(message_text(0));
    peer.stay();  // to close with answers unread would take the message back
  });
  NatsWireTransport transport = meeting.transport();
  CHECK(receive_until_end(transport, 1) == 1);
}

TEST_CASE("a server that says that it will leave is noted") {
  Meeting meeting(say("INFO {\"ldm\":true}\r\n"));
  NatsWireTransport transport = meeting.transport();
  CHECK(receive_until_end(transport) == 0);
  CHECK(transport.report().endpoints[0].lame_duck);
}

}  // namespace
}  // namespace busmark
