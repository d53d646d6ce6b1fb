// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/address.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

TEST_CASE("a NATS URL names host and port, with the defaults of NATS") {
  struct Example {
    std::string_view url;
    std::string_view host;
    int port;
    std::string_view shown;
  };
  for (const Example& example :
       {Example{"nats://h", "h", 4222, "nats://h:4222"}, Example{"h", "h", 4222, "nats://h:4222"},
        Example{"h:1", "h", 1, "nats://h:1"},
        Example{"nats://h:65535/", "h", 65535, "nats://h:65535"},
        Example{"nats://[::1]", "::1", 4222, "nats://[::1]:4222"},
        Example{"[fe80::1]:5", "fe80::1", 5, "nats://[fe80::1]:5"}}) {
    CAPTURE(example.url);
    const NatsAddress address = parse_nats_url(example.url);
    CHECK(address.host == example.host);
    CHECK(address.port == example.port);
    CHECK(address.shown() == example.shown);
  }
  CHECK(parse_nats_url("unix:///run/nats.sock").unix_path == "/run/nats.sock");
  CHECK(parse_nats_url("unix:///run/nats.sock").shown() == "unix:///run/nats.sock");
}

TEST_CASE("user, password and token are read and never shown") {
  const NatsAddress user = parse_nats_url("nats://me:p%40ss%3a@h:1");
  CHECK(user.user == "me");
  CHECK(user.password == "p@ss:");
  CHECK(user.token.empty());
  CHECK(user.shown() == "nats://h:1");
  const NatsAddress token = parse_nats_url("nats://s3cr%25t@h");
  CHECK(token.token == "s3cr%t");
  CHECK(token.user.empty());
  CHECK(token.shown() == "nats://h:4222");
  CHECK(parse_nats_url("me:a@b@h").password == "a@b");
}

TEST_CASE("a wrong NATS URL is refused with a cure and without its secrets") {
  for (const std::string_view url : {"",
                                     "nats://",
                                     "nats://:4222",
                                     "nats://s3cret@",
                                     "nats://s3cret@h:0",
                                     "nats://s3cret@h:x",
                                     "nats://s3cret@h:65536",
                                     "nats://s3cret@h:",
                                     "nats://me:s3cret%4@h",
                                     "nats://:s3cret@h",
                                     "nats://s3cret@h1,h2",
                                     "nats://s3cret@[::1",
                                     "nats://s3cret@[::1]4",
                                     "nats://h/path",
                                     "tls://s3cret@h:x",
                                     "ws://s3cret@h",
                                     "http://s3cret@h",
                                     "s3cret://h",
                                     "unix://relative",
                                     "unix://"}) {
    CAPTURE(url);
    try {
      static_cast<void>(parse_nats_url(url));
      FAIL("accepted");
    } catch (const SetupError& error) {
      CHECK(std::string(error.what()).find("s3cret") == std::string::npos);
    }
  }
  CHECK_THROWS_AS(static_cast<void>(parse_nats_url("unix:///" + std::string(200, 'x'))),
                  SetupError);
}

TEST_CASE("several servers of a cluster are separated by commas, each checked by itself") {
  const std::vector<NatsAddress> servers = parse_nats_urls("nats://a:1, b:2,nats://me:pw@[::1]:3");
  REQUIRE(servers.size() == 3);
  CHECK(servers[0].shown() == "nats://a:1");
  CHECK(servers[1].shown() == "nats://b:2");
  CHECK(servers[2].password == "pw");
  CHECK(parse_nats_urls("h:4").size() == 1);
  CHECK_THROWS_WITH_AS((void)parse_nats_urls("a:1,,b:2"), doctest::Contains("needs one host"),
                       SetupError);
  CHECK_THROWS_AS((void)parse_nats_urls("a:1,b:x"), SetupError);
}

}  // namespace
}  // namespace busmark
