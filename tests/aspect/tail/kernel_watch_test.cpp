// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/kernel_watch.hpp"

#include <unistd.h>

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "machine/affinity.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

TEST_CASE("a thread's counts are read whatever its name is") {
  const std::string stat =
      "17 (a) b) R 1 17 17 0 -1 4194304 120 0 7 0 1 2 0 0 20 0 1 0 100 1000 10 ...";
  const auto counts = parse_thread_counts("1000 2500 42\n", stat);
  REQUIRE(counts);
  CHECK(counts->waited == Nanoseconds(2500));
  CHECK(counts->turns == 42);
  CHECK(counts->minor_faults == 120);
  CHECK(counts->major_faults == 7);
}

TEST_CASE("what is no such file gives no counts") {
  CHECK(!parse_thread_counts("", ""));
  CHECK(!parse_thread_counts("1 2 3", "17 (a"));
  CHECK(!parse_thread_counts("1 x 3", "17 (a) R 1 17 17 0 -1 4194304 120 0 7 0"));
  CHECK(!parse_thread_counts("1 2 3", "17 (a) R 1 17 17"));
}

TEST_CASE("a watch reads at its begin and at its end, and what it reads never falls") {
  KernelWatch watch(testing::test_clock(), {gettid()}, allowed_cpus(),
                    std::chrono::milliseconds(50));
  const std::int64_t half =
      testing::test_clock().now() + testing::test_clock().to_ticks(3 * KernelWatch::kPeriod);
  while (testing::test_clock().now() < half) {
  }
  const std::vector<KernelMoment> moments = watch.finish();
  REQUIRE(moments.size() >= 2);
  for (std::size_t i = 1; i < moments.size(); ++i) {
    CHECK(moments[i].begin >= moments[i - 1].end);
    CHECK(moments[i].end > moments[i].begin);
    REQUIRE(moments[i].threads.at(0));
    CHECK(moments[i].threads[0]->turns >= moments[i - 1].threads[0]->turns);
    CHECK(moments[i].threads[0]->waited >= moments[i - 1].threads[0]->waited);
    CHECK(moments[i].cores.size() == allowed_cpus().size());
  }
}

TEST_CASE("of a thread that has ended the last counts stand, of one that never was none") {
  std::atomic<pid_t> id{0};
  std::atomic<bool> over{false};
  std::thread thread([&] {
    id = gettid();
    while (!over) std::this_thread::yield();
  });
  while (id == 0) std::this_thread::yield();
  constexpr pid_t kNobody = 1;  // a process, and not a thread of this one
  KernelWatch watch(testing::test_clock(), {id, kNobody}, {}, std::chrono::milliseconds(10));
  over = true;
  thread.join();
  const std::vector<KernelMoment> moments = watch.finish();
  REQUIRE(moments.back().threads.at(0));
  CHECK(moments.back().threads[0]->turns > 0);
  CHECK(!moments.back().threads.at(1));
}

}  // namespace
}  // namespace busmark
