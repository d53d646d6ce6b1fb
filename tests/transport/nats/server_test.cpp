// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/server.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "machine/affinity.hpp"
#include "support/nats.hpp"
#include "transport/nats/monitor.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string why_refused(const NatsOptions& options) {
  try {
    const NatsServer server(options);
    return "accepted";
  } catch (const SetupError& error) {
    return error.what();
  }
}

TEST_CASE("a secret that a server would take for a hash is refused, and not shown") {
  NatsOptions options;
  options.user = "ann";
  for (const char* hash : {"$2a$11$abc", "$2y$04$"}) {
    options.password = hash;
    CHECK_THROWS_WITH_AS(static_cast<void>(nats_server_config(options, "/", 0, 0)),
                         "password begins as a bcrypt hash does, so nats-server would take it for "
                         "one and let nobody in; choose another for a server of our own",
                         SetupError);
  }
  for (const char* plain : {"$2a", "$2a$1$x", "2a$11$abc", "$1$salt$x"}) {
    options.password = plain;
    CHECK_NOTHROW(static_cast<void>(nats_server_config(options, "/", 0, 0)));
  }
  options.token = "$2b$10$x";
  CHECK_THROWS_AS(static_cast<void>(nats_server_config(options, "/", 0, 0)), SetupError);
}

NatsConnection::Options small() { return {.name = "test", .limits = {.payload = 1000}}; }

TEST_CASE("a server of our own listens on the loopback interface and leaves nothing behind") {
  if (!can_start_nats_server()) return;
  std::filesystem::path folder;
  pid_t pid = -1;
  NatsAddress address;
  {
    const NatsServer server({.url = "own"});
    folder = server.folder();
    pid = server.pid();
    address = server.address();
    CHECK(server.origin() == NatsServer::Origin::own);
    CHECK(address.host == "127.0.0.1");
    CHECK(address.port != 4222);
    CHECK_FALSE(server.info().version.empty());
    CHECK(server.info().max_payload == 1 << 20);
    CHECK(server.describe() == "nats-server " + server.info().version + ", started, not pinned");
    struct stat mode {};
    REQUIRE(stat(folder.c_str(), &mode) == 0);
    CHECK((mode.st_mode & 0777) == 0700);
    CHECK(kill(pid, 0) == 0);
    const NatsConnection connection(address, small(), deadline_in(60s));
    CHECK(connection.is_open());
  }
  CHECK(kill(pid, 0) == -1);
  CHECK_FALSE(std::filesystem::exists(folder));
  CHECK_THROWS_AS(static_cast<void>(connect_to(address, deadline_in(60s))), SetupError);
}

TEST_CASE("a server of our own runs where it was told to, with the limits asked for") {
  if (!can_start_nats_server()) return;
  const CpuId cpu = allowed_cpus().front();
  const NatsServer server({.url = "own",
                           .max_payload = ByteCount{4096},
                           .max_connections = 1,
                           .max_pending = ByteCount{100'000},
                           .write_deadline = 1500ms,
                           .cpus = {cpu}});
  CHECK(server.info().max_payload == 4096);
  const std::string varz = get_from_monitor(server.monitor_port(), "/varz", deadline_in(60s));
  CHECK(varz.find("\"max_pending\": 100000") != std::string::npos);
  CHECK(varz.find("\"write_deadline\": 1500000000") != std::string::npos);
  CHECK(varz.find("\"gomaxprocs\": 1") != std::string::npos);
  const std::string status = read_file("/proc/" + std::to_string(server.pid()) + "/status");
  const std::string wanted = "Cpus_allowed_list:\t" + std::to_string(index(cpu)) + "\n";
  CHECK(status.find(wanted) != std::string::npos);

  const NatsConnection first(server.address(), small(), deadline_in(60s));
  CHECK_THROWS_WITH_AS(NatsConnection(server.address(), small(), deadline_in(60s)),
                       doctest::Contains("maximum connections exceeded"), SetupError);
}

TEST_CASE("what a server did between two readings is their difference") {
  const std::string varz =
      R"({"in_msgs": 10, "out_msgs": 30, "in_bytes": 100, "out_bytes": 300,
          "slow_consumers": 1, "mem": 5000, "connections": 2, "gomaxprocs": 4})";
  NatsLoad before = parse_nats_load(R"({"in_msgs": 4, "out_msgs": 9, "mem": 1})");
  before.processor_time = 5ms;
  NatsLoad after = parse_nats_load(varz);
  after.processor_time = 25ms;
  const NatsLoad load = after.since(before);
  CHECK(load.in_messages == 6);
  CHECK(load.out_messages == 21);
  CHECK(load.in_bytes == 100);
  CHECK(load.out_bytes == 300);
  CHECK(load.slow_consumers == 1);
  CHECK(load.memory == 5000);
  CHECK(load.connections == 2);
  CHECK(load.gomaxprocs == 4);
  CHECK(load.processor_time == 20ms);
  CHECK_THROWS_AS(static_cast<void>(parse_nats_load("[]")), SetupError);
  CHECK_THROWS_AS(static_cast<void>(parse_nats_load(R"({"in_msgs": "x"})")), SetupError);
}

TEST_CASE("a server counts what went through it") {
  if (!can_start_nats_server()) return;
  const NatsServer server({.url = "own"});
  const NatsLoad before = server.load().value();
  NatsConnection connection(server.address(), small(), deadline_in(60s));
  connection.subscribe("a.*", "", 7);
  connection.confirm(deadline_in(60s));
  NatsWriter writer(connection.room(), connection.room_size());
  REQUIRE(writer.publish("a.b", "hello") == NatsFault::none);
  connection.add(writer.text().size());
  connection.flush();
  const NatsFrame* frame = nullptr;
  const Deadline deadline = deadline_in(60s);
  while (frame == nullptr && std::chrono::steady_clock::now() < deadline) {
    connection.receive();
    frame = connection.next();
  }
  REQUIRE(frame != nullptr);
  CHECK(frame->subject == "a.b");
  CHECK(frame->subscription == 7);
  CHECK(frame->body == "hello");
  const NatsLoad load = server.load().value().since(before);
  CHECK(load.in_messages == 1);
  CHECK(load.out_messages == 1);
  CHECK(load.in_bytes == 5);
  CHECK(load.slow_consumers == 0);
  CHECK(load.memory > 0);
}

TEST_CASE("user, password and token are checked, and no message repeats them") {
  if (!can_start_nats_server()) return;
  SUBCASE("user and password") {
    const NatsServer server({.url = "own", .user = "me", .password = "s3cr\"et"});
    const std::string url = server.address().shown();
    CHECK(why_refused({.url = url, .user = "me", .password = "s3cr\"et"}) == "accepted");
    for (const std::string& wrong :
         {why_refused({.url = url, .user = "me", .password = "s3cret"}), why_refused({.url = url}),
          why_refused({.url = url, .token = "s3cret"})}) {
      CHECK(wrong.find("Authorization Violation") != std::string::npos);
      CHECK(wrong.find(url) == 0);
      CHECK(wrong.find("s3cr") == std::string::npos);
    }
    const std::string words = read_file("/proc/" + std::to_string(server.pid()) + "/cmdline");
    CHECK(words.find("s3cr") == std::string::npos);
  }
  SUBCASE("token, in the URL") {
    const NatsServer server({.url = "own", .token = "t0ken"});
    const std::string port = std::to_string(server.address().port);
    CHECK(why_refused({.url = "nats://t0ken@127.0.0.1:" + port}) == "accepted");
    CHECK(why_refused({.url = "nats://t1ken@127.0.0.1:" + port}).find("Authorization") !=
          std::string::npos);
  }
}

TEST_CASE("a server that cannot be had is named with its reason") {
  CHECK(why_refused({.url = "nats://127.0.0.1:1"}) ==
        "cannot connect to nats://127.0.0.1:1: Connection refused");
  CHECK(why_refused({.url = "nats://"}).find("needs one host") != std::string::npos);
  if (!can_start_nats_server()) return;
  CHECK(why_refused({.url = "own", .max_pending = ByteCount{~std::uint64_t{0}}})
            .find("nats-server ended at once; it said") == 0);
}

}  // namespace
}  // namespace busmark
