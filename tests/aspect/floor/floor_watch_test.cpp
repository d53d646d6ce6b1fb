// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "aspect/floor/watch.hpp"
#include "machine/affinity.hpp"
#include "machine/free_cores.hpp"
#include "support/plans.hpp"
#include "support/recorded_tree.hpp"
#include "support/text.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::contains;
using testing::RecordedTree;
using testing::test_clock;

/// Four cores of two threads each, siblings next to each other, in two nodes.
Topology four_cores() {
  Topology topology;
  for (int i = 0; i < 8; ++i) {
    Cpu cpu;
    cpu.id = CpuId{i};
    cpu.core = i / 2;
    cpu.package = 0;
    cpu.cache = i / 4 * 4;
    cpu.node = i / 4;
    topology.cpus.push_back(cpu);
  }
  return topology;
}

std::vector<CpuId> cores(std::initializer_list<int> ids) {
  std::vector<CpuId> list;
  for (const int id : ids) list.push_back(CpuId{id});
  return list;
}

Window window_soon(Nanoseconds length) {
  Window window;
  window.start = test_clock().now();
  window.measure = window.start + test_clock().to_ticks(5ms);
  window.end = window.measure + test_clock().to_ticks(length);
  return window;
}

TEST_CASE("the free core shares no core with a measured one and is near to the first") {
  const FreeCores free(four_cores(), "");
  CHECK(free.beside(cores({4})).cpu == CpuId{6});
  CHECK(free.beside(cores({4, 6})).cpu == CpuId{2});  // not cpu 0, where most interrupts land
  CHECK(free.beside(cores({2, 4, 6})).cpu == CpuId{1});
  const FreeCore none = free.beside(cores({1, 2, 4, 6}));
  CHECK_FALSE(none.cpu);
  CHECK(contains(none.reason, "no core is free"));
}

TEST_CASE("an isolated core is left to whom it was isolated for") {
  Topology topology = four_cores();
  for (int i = 4; i < 8; ++i) topology.cpus[static_cast<std::size_t>(i)].isolated = true;
  const FreeCores free(topology, "");
  CHECK(free.beside(cores({0})).cpu == CpuId{2});
  CHECK_FALSE(free.beside(cores({0, 2})).cpu);
  CHECK(free.beside(cores({4})).cpu == CpuId{6});
}

TEST_CASE("where the kernel does not tell who shares a core, none is free") {
  Topology topology = four_cores();
  for (Cpu& cpu : topology.cpus) cpu.core = -1;
  CHECK_FALSE(FreeCores(topology, "").beside(cores({4})).cpu);
}

TEST_CASE("a quota or boost forbids a busy core more, and no limit does not") {
  const auto reason = [](const RecordedTree& tree) {
    return FreeCores(tree.root()).beside(cores({0})).reason;
  };
  const RecordedTree quota;
  quota.write("proc/self/cgroup", "0::/box\n");
  quota.write("sys/fs/cgroup/box/cpu.max", "150000 100000\n");
  CHECK(contains(reason(quota), "quota"));
  quota.write("sys/fs/cgroup/box/cpu.max", "max 100000\n");
  CHECK_FALSE(contains(reason(quota), "quota"));
  const RecordedTree boost;
  boost.write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  CHECK(contains(reason(boost), "boost"));
  boost.write("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  CHECK_FALSE(contains(reason(boost), "boost"));
}

TEST_CASE("a watch sees the measured part of its window and nothing else") {
  const CpuId cpu = allowed_cpus().back();
  FloorWatch watch(test_clock(), cpu, {allowed_cpus().front()}, 30ms);
  const Window window = window_soon(30ms);
  watch.begin(window);
  while (test_clock().now() < window.end) std::this_thread::yield();
  watch.finish();
  CHECK(watch.problem().empty());
  const FloorDuring result = watch.result({});
  CHECK(result.cpu == cpu);
  // Where others have the core it may see the window only when it is long over.
  CHECK(result.during.watched > 0ns);
  CHECK(result.during.lost <= result.during.watched + 30ms);
  CHECK(result.lengths.total() == result.during.gaps);
  CHECK(result.during.switched <= result.during.lost);
}

TEST_CASE("a watch that was never told of a window ends, and so does one that is cut off") {
  const CpuId cpu = allowed_cpus().front();
  { const FloorWatch untold(test_clock(), cpu, {allowed_cpus().back()}, 1s); }
  FloorWatch watch(test_clock(), cpu, {allowed_cpus().back()}, 24h);
  watch.begin(window_soon(24h));
  watch.finish();
  CHECK(watch.gaps().watched < 24h);
  watch.finish();  // without effect
}

TEST_CASE("a core that is not there is a problem and no error") {
  FloorWatch watch(test_clock(), CpuId{7'000}, {allowed_cpus().front()}, 1ms);
  watch.begin(window_soon(1ms));
  watch.finish();
  CHECK_FALSE(watch.problem().empty());
  const TuningStep step = floor_step({CpuId{7'000}, {}}, watch.problem());
  CHECK_FALSE(step.done);
  CHECK(contains(step.detail, "cpu 7000: "));
  CHECK(floor_step({CpuId{3}, {}}, {}).done);
  CHECK(floor_step({std::nullopt, "why"}, {}).detail == "why");
}

/// What other threads of the process run there is theirs.
TEST_CASE("busmark's own work on the watched core is counted as its own") {
  const CpuId cpu = allowed_cpus().front();
  const AffinityGuard guard;
  pin_this_thread(cpu);
  FloorWatch watch(test_clock(), cpu, {allowed_cpus().back()}, 30ms);
  const Window window = window_soon(30ms);
  watch.begin(window);
  while (test_clock().now() < window.end) {
  }
  watch.finish();
  REQUIRE(watch.problem().empty());
  const FloorGaps gaps = watch.gaps();
  // This thread had the core, or others that it shares it with.
  CHECK(gaps.switched > 0ns);
  CHECK(gaps.foreign() < gaps.lost);
  CHECK(gaps.own > 0ns);
}

TEST_CASE("both kinds of probes look at the same time, each at its cores") {
  const CpuId measured = allowed_cpus().front();
  FloorGaps around;
  const auto alone = probe_around(test_clock(), {measured}, 5ms, {}, around);
  CHECK(alone.size() == 1);
  CHECK(around.watched == 0ns);
  const FreeCore free{allowed_cpus().back(), {}};
  const auto probes = probe_around(test_clock(), {measured}, 20ms, free, around);
  REQUIRE(probes.size() == 1);
  CHECK(probes[0].cpu == measured);
}

}  // namespace
}  // namespace busmark
