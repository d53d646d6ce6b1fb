// SPDX-License-Identifier: Apache-2.0
#include "machine/resource_usage.hpp"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using std::chrono::seconds;
using testing::RecordedTree;

constexpr CpuId kZero{0};
constexpr CpuId kTwo{2};
constexpr CpuId kTen{10};

TEST_CASE("steal is the eighth figure of the core's own line, in clock ticks") {
  const RecordedTree tree;
  tree.write("proc/stat",
             "cpu  900 1 2 3 4 5 6 777 9 10\n"
             "cpu0 100 1 2 3 4 5 6 50 9 10\n"
             "cpu10 100 1 2 3 4 5 6 70 9 10\n"
             "intr 5 4 3 2 1 0 1 2 3");
  const Nanoseconds tick = Nanoseconds(seconds(1)) / sysconf(_SC_CLK_TCK);
  const auto steals = read_steal(std::vector{kTen, kZero, kTen, kTwo}, tree.root());
  REQUIRE(steals.size() == 3);
  CHECK(steals[0].cpu == kTen);
  CHECK(steals[0].stolen == 70 * tick);
  CHECK(steals[1].cpu == kZero);
  CHECK(steals[1].stolen == 50 * tick);
  CHECK(steals[2].cpu == kTwo);
  CHECK_FALSE(steals[2].stolen);
}

TEST_CASE("steal is unknown where the kernel writes fewer figures or no file") {
  const RecordedTree tree;
  CHECK_FALSE(read_steal(std::vector{kZero}, tree.root())[0].stolen);
  tree.write("proc/stat", "cpu0 100 1 2 3 4 5 6");
  CHECK_FALSE(read_steal(std::vector{kZero}, tree.root())[0].stolen);
}

TEST_CASE("the stolen share is over the cores that say, and unknown where none does") {
  const std::vector<CoreSteal> before{{kZero, seconds(1)}, {kTwo, seconds(5)}, {kTen, {}}};
  const std::vector<CoreSteal> after{{kZero, seconds(2)}, {kTwo, seconds(5)}, {kTen, seconds(9)}};
  CHECK(steal_share(before, after, seconds(10)) == doctest::Approx(0.05));
  CHECK(steal_share(before, before, seconds(10)) == 0.0);
  CHECK_FALSE(steal_share(std::span(before).last(1), std::span(after).last(1), seconds(10)));
  CHECK_FALSE(steal_share({}, {}, seconds(10)));
  CHECK_FALSE(steal_share(before, after, seconds(0)));
}

TEST_CASE("a counter that steps back counts as nothing stolen, and no share is above one") {
  const std::vector<CoreSteal> early{{kZero, seconds(1)}};
  const std::vector<CoreSteal> late{{kZero, seconds(9)}};
  CHECK(steal_share(late, early, seconds(1)) == 0.0);
  CHECK(steal_share(early, late, seconds(1)) == 1.0);
}

TEST_CASE("the frequency is kHz in the file and MHz here, and unknown without a driver") {
  const RecordedTree tree;
  const std::string path = "sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq";
  CHECK_FALSE(read_frequency_mhz(kTwo, tree.root()));
  tree.write(path, "3700500");
  CHECK(read_frequency_mhz(kTwo, tree.root()) == doctest::Approx(3700.5));
  CHECK_FALSE(read_frequency_mhz(kZero, tree.root()));
  for (const char* text : {"0", "<unknown>", "-1"}) {
    tree.write(path, text);
    CHECK_FALSE(read_frequency_mhz(kTwo, tree.root()));
  }
}

TEST_CASE("a thread's usage is its own: time, switches and page faults") {
  const ResourceUsage main_before = thread_usage();
  ResourceUsage used;
  std::jthread([&] {
    const ResourceUsage before = thread_usage();
    constexpr std::size_t kBytes = 8 << 20;
    const std::unique_ptr<volatile char[]> memory(new volatile char[kBytes]);
    for (std::size_t i = 0; i < kBytes; i += 4096) memory[i] = 1;
    // Long enough that the timer cannot end before the thread has left its core.
    for (int i = 0; i < 3; ++i) usleep(2000);
    used = thread_usage() - before;
  }).join();
  CHECK(used.minor_faults > 0);
  CHECK(used.voluntary_switches >= 3);
  CHECK((thread_usage() - main_before).minor_faults < used.minor_faults + 2048);
}

TEST_CASE("a thread's time is told up to now, not up to its last tick") {
  const auto ran = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
  };
  for (int i = 0; i < 20; ++i) {
    const Nanoseconds start = ran();
    const ResourceUsage before = thread_usage();
    // Shorter than a tick, and off its beat.
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(1300);
    while (std::chrono::steady_clock::now() < end) {
    }
    const ResourceUsage used = thread_usage() - before;
    CHECK(used.user + used.system >= (ran() - start) / 2);
  }
}

TEST_CASE("usages add up and subtract by part") {
  const ResourceUsage one{Nanoseconds(1), Nanoseconds(2), 3, 4, 5, 6, Nanoseconds(7)};
  ResourceUsage sum = one;
  sum += one;
  CHECK(sum == ResourceUsage{Nanoseconds(2), Nanoseconds(4), 6, 8, 10, 12, Nanoseconds(14)});
  CHECK(sum - one == one);
}

}  // namespace
}  // namespace busmark
