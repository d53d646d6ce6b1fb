// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

const std::string kScenario = "[[scenario]]\nname = \"a\"\n";

NatsOptions read(const std::string& table, const ConfigOverrides& overrides = {}) {
  return parse_config(kScenario + table, "a.toml", overrides).run.nats;
}

std::string fault(const std::string& table, const ConfigOverrides& overrides = {}) {
  try {
    static_cast<void>(read(table, overrides));
    return "accepted";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

ConfigOverrides flag(const std::string& text) {
  ConfigOverrides overrides;
  overrides.set.push_back(text);
  return overrides;
}

TEST_CASE("[transport.nats] says which server to use and what a server of our own may do") {
  const NatsOptions defaults = read("");
  CHECK(defaults.url == "auto");
  CHECK(defaults.timeout == 2s);
  CHECK_FALSE(defaults.max_payload.has_value());

  const NatsOptions options = read(R"([transport.nats]
url = "nats://127.0.0.1:4222"
user = "me"
password = "p"
token = "t"
max_payload = "8MiB"
max_connections = 5
max_pending = 1000
write_deadline = "2s"
timeout = "500ms"
)");
  CHECK(options.url == "nats://127.0.0.1:4222");
  CHECK(options.user == "me");
  CHECK(options.password == "p");
  CHECK(options.token == "t");
  CHECK(options.max_payload == ByteCount{8 << 20});
  CHECK(options.max_connections == 5U);
  CHECK(options.max_pending == ByteCount{1000});
  CHECK(options.write_deadline == 2s);
  CHECK(options.timeout == 500ms);
}

TEST_CASE("[transport.nats] says how libnats is to be used, and leaves its defaults alone") {
  const NatsClientOptions defaults = read("").client;
  CHECK(defaults.flush == NatsFlush::on_timer);
  CHECK(defaults.delivery == NatsDelivery::async);
  CHECK_FALSE(defaults.max_reconnects.has_value());

  const NatsClientOptions options = read(R"([transport.nats]
flush = "asap"
delivery = "global"
pending = 1000
max_reconnects = 0
reconnect_wait = "20ms"
reconnect_jitter = "1ms"
reconnect_buffer = "64KiB"
)")
                                        .client;
  CHECK(options.flush == NatsFlush::asap);
  CHECK(options.delivery == NatsDelivery::global);
  CHECK(options.pending == 1000U);
  CHECK(options.max_reconnects == 0U);
  CHECK(options.reconnect_wait == 20ms);
  CHECK(options.reconnect_jitter == 1ms);
  CHECK(options.reconnect_buffer == ByteCount{64 << 10});
  const JetStreamOptions jetstream = read(R"([transport.nats]
storage = "memory"
ack = "async"
consume = "push"
replicas = 3
max_acks = 9
)")
                                         .jetstream;
  CHECK_FALSE(jetstream.wanted);
  CHECK(jetstream.storage == JetStreamStorage::memory);
  CHECK(jetstream.ack == JetStreamAck::async);
  CHECK(jetstream.consume == JetStreamConsume::push);
  CHECK(jetstream.replicas == 3);
  CHECK(jetstream.max_acks == 9);
  const NatsSecurity security = read(R"([transport.nats]
tls_ca = "ca.pem"
tls_cert = "me.pem"
tls_key = "me.key"
tls_host = "h"
creds = "me.creds"
)")
                                    .client.security;
  CHECK_FALSE(security.tls);
  CHECK(security.wants_tls());
  CHECK(security.authority == "ca.pem");
  CHECK(security.certificate == "me.pem");
  CHECK(security.key == "me.key");
  CHECK(security.host == "h");
  CHECK(security.creds == "me.creds");
  CHECK(fault("[transport.nats]\nflush = \"always\"") ==
        "a.toml:4:9: flush: must be default or asap, not \"always\"");
}

TEST_CASE("a flag sets a key of [transport.nats] but no secret") {
  CHECK(read("", flag("transport.nats.url=own")).url == "own");
  CHECK(read("[transport.nats]\nurl = \"auto\"", flag("transport.nats.url=h:5")).url == "h:5");
  CHECK(fault("", flag("transport.nats.password=s3cret")) ==
        "--set transport.nats.password: would show in ps; write it in the file or in $NATS_URL");
  CHECK(fault("", flag("transport.nats.url=nats://me:s3cret@h")) ==
        "--set transport.nats.url: would show its secret in ps; write it in the file or in "
        "$NATS_URL");
}

TEST_CASE("a mistake in [transport.nats] is named without its secrets") {
  const std::string table = "[transport.nats]\n";
  CHECK(fault(table + "uri = \"own\"") == "a.toml:4:1: unknown key \"uri\"; did you mean \"url\"?");
  CHECK(fault(table + "url = 5") ==
        "a.toml:4:1: url: must be \"auto\", \"own\" or a URL in quotes");
  CHECK(fault(table + "url = \"wss://s3cret@h\"") ==
        "a.toml:4:1: url: web sockets are not served, and the NATS URL begins with wss://; write "
        "nats:// or tls://");
  CHECK(fault(table + "tls_cert = \"me.pem\"") == "a.toml:4:1: tls_cert and tls_key go together");
  CHECK(fault(table + "password = 12345") ==
        "a.toml:4:1: password: must be a string of printable characters");
  CHECK(fault(table + "max_connections = 0").find("must be a whole number from 1") !=
        std::string::npos);
  CHECK(fault("[transport.kafka]\nurl = \"own\"").find("use [transport.nats]") !=
        std::string::npos);
  CHECK(fault("[transport]\nurl = \"own\"").find("use [transport.nats]") != std::string::npos);
}

}  // namespace
}  // namespace busmark
