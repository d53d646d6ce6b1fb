// SPDX-License-Identifier: Apache-2.0
//
// Whatever ends busmark, no process, port or file of a server stays behind.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/nats.hpp"
#include "transport/nats/server.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// True when it runs: not when it is gone or a zombie that nobody has fetched.
bool runs(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t name_end = text.rfind(')');
  return name_end != std::string::npos && text.substr(name_end + 2, 1) != "Z";
}

bool listens(std::uint16_t port) {
  try {
    NatsAddress address;
    address.port = port;
    return connect_to(address, deadline_in(1s)).is_open();
  } catch (const SetupError&) {
    return false;
  }
}

/// Waits for what must come; the cap is there for what never does.
template <typename Condition>
bool comes_true(Condition condition) {
  const Deadline deadline = deadline_in(60s);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// TMPDIR of its own, so that what stays behind is seen.
struct OwnTemporaryFolder {
  OwnTemporaryFolder() {
    char name[] = "/tmp/busmark-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
    setenv("TMPDIR", name, 1);
  }
  ~OwnTemporaryFolder() {
    unsetenv("TMPDIR");
    std::filesystem::remove_all(path);
  }
  OwnTemporaryFolder(const OwnTemporaryFolder&) = delete;
  OwnTemporaryFolder& operator=(const OwnTemporaryFolder&) = delete;
  [[nodiscard]] bool is_empty() const { return std::filesystem::is_empty(path); }
  std::filesystem::path path;
};

/// What another process that uses a server says of it.
struct Tenant {
  pid_t process = -1;
  pid_t server = -1;
  std::uint16_t port = 0;
  std::uint16_t monitor_port = 0;
};

/// Forks a process that starts a server and then `leaves`.
template <typename Leave>
Tenant start_tenant(Leave leave) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  Tenant tenant;
  tenant.process = fork();
  if (tenant.process == 0) {
    const NatsServer server({.url = "own"});
    std::ostringstream text;
    text << server.pid() << ' ' << server.address().port << ' ' << server.monitor_port() << '\n';
    const std::string line = text.str();
    if (write(ends[1], line.data(), line.size()) < 0) _exit(1);
    close(ends[1]);
    leave();
    _exit(0);
  }
  close(ends[1]);
  char buffer[100] = {};
  const ssize_t got = ::read(ends[0], buffer, sizeof buffer - 1);
  close(ends[0]);
  REQUIRE(got > 0);
  std::istringstream(buffer) >> tenant.server >> tenant.port >> tenant.monitor_port;
  return tenant;
}

void check_that_nothing_is_left(const Tenant& tenant, const OwnTemporaryFolder& folder) {
  CHECK(comes_true([&] { return !runs(tenant.server); }));
  CHECK(comes_true([&] { return !listens(tenant.port) && !listens(tenant.monitor_port); }));
  CHECK(comes_true([&] { return folder.is_empty(); }));
}

TEST_CASE("nothing of a server is left when its user is killed or leaves without a word") {
  if (!can_start_nats_server()) return;
  const OwnTemporaryFolder folder;
  SUBCASE("killed") {
    const Tenant tenant = start_tenant([] { pause(); });
    CHECK(runs(tenant.server));
    CHECK(listens(tenant.port));
    CHECK_FALSE(folder.is_empty());
    kill(tenant.process, SIGKILL);
    waitpid(tenant.process, nullptr, 0);
    check_that_nothing_is_left(tenant, folder);
  }
  SUBCASE("left") {
    const Tenant tenant = start_tenant([] {});
    waitpid(tenant.process, nullptr, 0);
    check_that_nothing_is_left(tenant, folder);
  }
}

TEST_CASE("an interrupt of the terminal does not reach a server before its user has ended") {
  if (!can_start_nats_server()) return;
  const NatsServer server({.url = "own"});
  CHECK(getpgid(server.pid()) != getpgid(0));
}

TEST_CASE("nothing is left of a server that did not start") {
  if (!can_start_nats_server()) return;
  const OwnTemporaryFolder folder;
  CHECK_THROWS_AS(NatsServer({.url = "own", .max_pending = ByteCount{~std::uint64_t{0}}}),
                  SetupError);
  CHECK(folder.is_empty());
}

TEST_CASE("a program that cannot be started is named with the reason") {
  const OwnTemporaryFolder folder;
  const ChildProcess::Command command{
      .program = folder.path / "absent", .arguments = {}, .cpus = {}, .log = folder.path / "log"};
  CHECK_THROWS_WITH_AS(ChildProcess{command}, doctest::Contains("No such file"), SetupError);
}

TEST_CASE("a child that ignores SIGTERM is ended all the same") {
  const OwnTemporaryFolder folder;
  pid_t pid = -1;
  {
    ChildProcess child({.program = "/bin/sh",
                        .arguments = {"-c", "trap '' TERM; echo ready; while :; do sleep 1; done"},
                        .cpus = {},
                        .log = folder.path / "log"});
    pid = child.pid();
    REQUIRE(comes_true([&] { return std::filesystem::file_size(folder.path / "log") != 0; }));
    CHECK_FALSE(child.wait_for_end(deadline_in(0s)));
  }
  CHECK_FALSE(runs(pid));
}

}  // namespace
}  // namespace busmark
