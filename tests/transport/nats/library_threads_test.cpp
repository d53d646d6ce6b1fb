// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library_threads.hpp"

#include <latch>
#include <thread>

#include <doctest/doctest.h>

#include "machine/affinity.hpp"

namespace busmark {
namespace {

TEST_CASE("threads that a call starts are found, named, and free of the caller's one core") {
  const AffinityGuard affinity;
  const std::vector<CpuId> all = allowed_cpus();
  pin_this_thread(all.back());
  LibraryThreads threads(all);
  std::latch done(1);
  std::thread started;
  std::thread stranger([&] { done.wait(); });
  threads.watch("nats-p7", [&] { started = std::thread([&] { done.wait(); }); });
  CHECK(allowed_cpus() == std::vector{all.back()});

  const auto found = threads.report();
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "nats-p7");
  CHECK(found[0].allowed_cpus.size() == all.size());
  CHECK_FALSE(found[0].seen_on.empty());
  char name[16] = {};
  pthread_getname_np(started.native_handle(), name, sizeof name);
  CHECK(std::string(name) == "nats-p7");

  done.count_down();
  started.join();
  stranger.join();
  CHECK(threads.report().empty());
}

}  // namespace
}  // namespace busmark
