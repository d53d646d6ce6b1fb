// SPDX-License-Identifier: Apache-2.0
#include "machine/affinity.hpp"

#include <pthread.h>
#include <sched.h>

#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

TEST_CASE("a pinned thread runs on its core and nowhere else, until the guard ends") {
  const std::vector<CpuId> before = allowed_cpus();
  for (const CpuId cpu : before) {
    const AffinityGuard guard;
    pin_this_thread(cpu);
    CHECK(allowed_cpus() == std::vector{cpu});
    CHECK(sched_getcpu() == index(cpu));
  }
  CHECK(allowed_cpus() == before);
}

TEST_CASE("a new thread inherits the mask of its creator, so it must pin itself") {
  const AffinityGuard guard;
  const CpuId last = allowed_cpus().back();
  pin_this_thread(last);
  std::vector<CpuId> inherited;
  std::jthread([&] { inherited = allowed_cpus(); }).join();
  CHECK(inherited == std::vector{last});
}

TEST_CASE("a thread may be given a set of cores") {
  const AffinityGuard guard;
  const std::vector<CpuId> all = allowed_cpus();
  pin_this_thread(all.front());
  pin_this_thread(all);
  CHECK(allowed_cpus() == all);
}

TEST_CASE("cores that do not exist are refused and named, also beyond 1024") {
  const AffinityGuard guard;
  const std::vector<CpuId> before = allowed_cpus();
  for (const int cpu : {-1, 1023, 5000}) {
    CAPTURE(cpu);
    std::string what;
    try {
      pin_this_thread(CpuId{cpu});
    } catch (const SetupError& error) {
      what = error.what();
    }
    CHECK(what.find("cpu " + std::to_string(cpu)) != std::string::npos);
    CHECK(allowed_cpus() == before);
  }
  CHECK_THROWS_AS(pin_this_thread(std::vector<CpuId>{}), SetupError);
}

TEST_CASE("a thread's name is cut to what the kernel keeps") {
  std::jthread([] {
    name_this_thread("a-name-of-twenty-one");
    char name[16]{};
    REQUIRE(pthread_getname_np(pthread_self(), name, sizeof name) == 0);
    CHECK(std::string(name) == "a-name-of-twent");
  }).join();
}

}  // namespace
}  // namespace busmark
