// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "transport/nats/protocol.hpp"

namespace busmark {
namespace {

/// A writer with its buffer.
struct Desk {
  explicit Desk(std::size_t capacity = 1000) : buffer(capacity, '#') {}
  [[nodiscard]] std::string text() const { return std::string(writer.text()); }

  std::string buffer;
  NatsWriter writer{buffer.data(), buffer.size()};
};

TEST_CASE("operations are written one behind the other as the protocol has them") {
  Desk desk;
  CHECK(desk.writer.publish("a.b", "hello") == NatsFault::none);
  CHECK(desk.writer.publish("a.b", "", "back") == NatsFault::none);
  CHECK(desk.writer.publish_with_header("a", "NATS/1.0\r\n\r\n", "xy") == NatsFault::none);
  CHECK(desk.writer.publish_with_header("a", "NATS/1.0\r\n\r\n", "", "r") == NatsFault::none);
  CHECK(desk.writer.subscribe("a.*.>", "", 1) == NatsFault::none);
  CHECK(desk.writer.subscribe("a", "group", 18446744073709551615U) == NatsFault::none);
  CHECK(desk.writer.unsubscribe(1) == NatsFault::none);
  CHECK(desk.writer.unsubscribe(2, 10) == NatsFault::none);
  CHECK(desk.writer.ping() == NatsFault::none);
  CHECK(desk.writer.pong() == NatsFault::none);
  CHECK(desk.text() ==
        "PUB a.b 5\r\nhello\r\n"
        "PUB a.b back 0\r\n\r\n"
        "HPUB a 12 14\r\nNATS/1.0\r\n\r\nxy\r\n"
        "HPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n"
        "SUB a.*.> 1\r\n"
        "SUB a group 18446744073709551615\r\n"
        "UNSUB 1\r\n"
        "UNSUB 2 10\r\n"
        "PING\r\n"
        "PONG\r\n");
  desk.writer.clear();
  CHECK(desk.text().empty());
}

TEST_CASE("CONNECT carries only what is known, escaped as JSON") {
  Desk desk;
  CHECK(desk.writer.connect({}) == NatsFault::none);
  CHECK(desk.text() ==
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,\"lang\":\"c++\","
        "\"protocol\":1,\"echo\":true,\"headers\":true,\"no_responders\":true}\r\n");
  desk.writer.clear();
  CHECK(desk.writer.connect({.name = "busmark",
                             .version = "0.1",
                             .user = "a\"b\\c",
                             .password = "x\r\ny\x7f",
                             .token = "\xc3\xa4"}) == NatsFault::none);
  CHECK(
      desk.text().ends_with(",\"name\":\"busmark\",\"version\":\"0.1\",\"user\":\"a\\\"b\\\\c\","
                            "\"pass\":\"x\\u000d\\u000ay\\u007f\",\"auth_token\":\"\xc3\xa4\"}"
                            "\r\n"));
}

TEST_CASE("nothing can be smuggled into a line, and a refused operation leaves no trace") {
  Desk desk;
  for (const std::string_view bad : {"", "a b", "a\r\nPING", "a\tb", "a\n"}) {
    CAPTURE(bad);
    CHECK(desk.writer.publish(bad, "x") == NatsFault::bad_subject);
    CHECK(desk.writer.publish_with_header(bad, "NATS/1.0\r\n\r\n", "x") == NatsFault::bad_subject);
    CHECK(desk.writer.subscribe(bad, "", 1) == NatsFault::bad_subject);
    if (bad.empty()) continue;
    CHECK(desk.writer.publish("a", "x", bad) == NatsFault::bad_subject);
    CHECK(desk.writer.publish_with_header("a", "NATS/1.0\r\n\r\n", "", bad) ==
          NatsFault::bad_subject);
    CHECK(desk.writer.subscribe("a", bad, 1) == NatsFault::bad_subject);
  }
  CHECK(desk.writer.subscribe("a", "", 0) == NatsFault::bad_subscription);
  CHECK(desk.writer.unsubscribe(0) == NatsFault::bad_subscription);
  CHECK(desk.writer.publish_with_header("a", "Key: 1\r\n\r\n", "x") == NatsFault::bad_header);
  CHECK(desk.text().empty());
}

TEST_CASE("an operation is written whole or not at all, up to the last byte of the buffer") {
  const std::string wanted = "PUB a 5\r\nhello\r\n";
  for (std::size_t capacity = 0; capacity <= wanted.size(); ++capacity) {
    CAPTURE(capacity);
    std::string buffer(capacity + 1, '#');
    NatsWriter writer(buffer.data(), capacity);
    const bool fits = capacity == wanted.size();
    CHECK(writer.publish("a", "hello") == (fits ? NatsFault::none : NatsFault::no_room));
    CHECK(writer.text() == (fits ? wanted : ""));
    CHECK(writer.ping() == (capacity >= 6 && !fits ? NatsFault::none : NatsFault::no_room));
    CHECK(buffer.back() == '#');
  }
}

}  // namespace
}  // namespace busmark
