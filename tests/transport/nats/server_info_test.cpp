// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/server_info.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "support/fake_nats_server.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

NatsServerInfo read_from(const std::string& said, bool stays, Nanoseconds timeout) {
  FakeNatsServer server([&](FakeNatsServer::Peer& peer) {
    peer.send(said);
    if (stays) peer.stay();
  });
  return read_nats_info(parse_nats_url(server.url()), deadline_in(timeout));
}

TEST_CASE("what a server says of itself is read without a word of ours") {
  const auto info = read_from(
      "INFO "
      "{\"version\":\"2.9.10\",\"tls_required\":true,\"jetstream\":true,\"auth_required\":true}"
      "\r\n",
      true, 60s);
  CHECK(info.version == "2.9.10");
  CHECK(info.tls_required);
  CHECK(info.jetstream);
  CHECK(info.auth_required);
}

TEST_CASE("who does not begin as a server of NATS is named with what it did") {
  CHECK_THROWS_WITH_AS(read_from("HTTP/1.1 400 Bad Request\r\n", true, 60s),
                       doctest::Contains("does not begin as a nats-server does"), SetupError);
  CHECK_THROWS_WITH_AS(read_from("INFO {\"version\":", false, 60s),
                       doctest::Contains("closed the connection at once"), SetupError);
  CHECK_THROWS_WITH_AS(read_from("", true, 50ms), doctest::Contains("says nothing"), SetupError);
  CHECK_THROWS_WITH_AS(read_from("INFO {\"version\":5}\r\n", true, 60s),
                       doctest::Contains("cannot be read"), SetupError);
}

}  // namespace
}  // namespace busmark
