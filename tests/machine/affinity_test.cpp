// SPDX-License-Identifier: Apache-2.0
#include "machine/affinity.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
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

TEST_CASE("what the kernel would grant is found from inside any mask, which stays as it is") {
  const AffinityGuard guard;
  const std::vector<CpuId> all = allowed_cpus();
  pin_this_thread(all.back());
  const std::vector<CpuId> found = reachable_cpus(all);
  CHECK(std::includes(found.begin(), found.end(), all.begin(), all.end()));
  CHECK(allowed_cpus() == std::vector{all.back()});
}

TEST_CASE("a pin is witnessed by where its thread may run and runs") {
  const AffinityGuard guard;
  const std::vector<CpuId> all = allowed_cpus();
  WitnessedPin pin;
  CHECK_FALSE(pin.moved());
  for (const CpuId cpu : all) {
    pin_this_thread(cpu);
    pin.pinned("main", cpu);
    pin.take();
    CHECK(pin.allowed() == std::vector{cpu});
    CHECK(pin.cpu() == cpu);
    CHECK_FALSE(pin.moved());
  }
  if (all.size() < 2) return;
  pin_this_thread(all);  // as where a cpuset was rewritten
  pin.take();
  CHECK(pin.moved());
  CHECK(pin.allowed() == all);
  pin_this_thread(all.front());
  pin.take();
  CHECK(pin.moved());
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
