// SPDX-License-Identifier: Apache-2.0
#include "plan/placement.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;

Scenario threads(std::uint32_t producers, std::uint32_t consumers,
                 WaitStrategy wait = WaitStrategy::spin) {
  Scenario scenario;
  scenario.name = "example";
  scenario.producers = producers;
  scenario.consumers = consumers;
  scenario.wait = wait;
  return scenario;
}

CoreChoice listed(const std::vector<int>& cores) {
  CoreChoice choice;
  for (const int core : cores) choice.cores.push_back(CpuId{core});
  return choice;
}

std::vector<int> cpus(const Placement& placement) {
  std::vector<int> result;
  for (const CpuId cpu : placement.cpus) result.push_back(index(cpu));
  return result;
}

Placement place_on(const char* machine, const Scenario& scenario, const CoreChoice& choice = {}) {
  const RecordedTree tree(machine);
  return place(read_topology(tree.root()), scenario, choice);
}

std::string placement_refusal(const char* machine, const Scenario& scenario,
                              const CoreChoice& choice = {}) {
  try {
    place_on(machine, scenario, choice);
  } catch (const SetupError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("every machine's cores are chosen as an expert would") {
  struct Case {
    const char* machine;
    std::uint32_t pairs;
    std::vector<int> expected;
    const char* reason;
  };
  const Case cases[] = {
      // Two cores are all there is; cpu 0 comes last.
      {"vm_two_cores", 1, {1, 0}, "same last-level cache"},
      // Fast cores, not cpu 0's and one CPU of each; then cpu 0's sibling rather than cpu 0 itself.
      {"laptop_hybrid", 1, {2, 4}, "same last-level cache"},
      {"laptop_hybrid", 2, {2, 4, 6, 1}, "same last-level cache"},
      {"laptop_hybrid",
       4,
       {2, 4, 6, 1, 8, 9, 10, 11},
       "same last-level cache, cores of unequal speed"},
      // The socket without cpu 0; never across for want of one core; siblings only after both.
      {"server_two_sockets", 1, {1, 3}, "same last-level cache"},
      {"server_two_sockets", 2, {1, 3, 5, 7}, "same last-level cache"},
      {"server_two_sockets", 4, {1, 3, 5, 7, 2, 4, 6, 8}, "different packages"},
      // One L3; then two L3 of the node without cpu 0; then the whole package.
      {"server_chiplets", 1, {8, 9}, "same last-level cache"},
      {"server_chiplets", 2, {8, 9, 10, 11}, "same last-level cache"},
      {"server_chiplets", 3, {8, 9, 10, 11, 12, 13}, "same NUMA node"},
      {"server_chiplets", 4, {8, 9, 10, 11, 12, 13, 14, 15}, "same NUMA node"},
      {"isolated_cores", 1, {2, 3}, "same last-level cache, isolated"},
      {"isolated_cores", 2, {2, 3, 4, 5}, "same last-level cache, isolated"},
      {"isolated_cores", 4, {2, 3, 4, 5, 1, 6, 7, 0}, "same last-level cache, 4 of 8 isolated"},
      {"container_v2", 1, {4, 5}, "same last-level cache"},
      {"container_v2", 2, {4, 5, 6, 7}, "same last-level cache"},
      {"container_v1", 2, {4, 5, 6, 7}, "same last-level cache"},
      // The node with room where no cache is described.
      {"no_cache_info", 1, {4, 5}, "same NUMA node"},
      {"no_cache_info", 2, {4, 5, 6, 7}, "same NUMA node"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.machine);
    CAPTURE(each.pairs);
    const Placement placement = place_on(each.machine, threads(each.pairs, each.pairs));
    CHECK(cpus(placement) == each.expected);
    CHECK(placement.reason == each.reason);
    CHECK(placement.producers == each.pairs);
    CHECK_FALSE(placement.shared);
    CHECK_FALSE(placement.degraded_wait);
  }
}

TEST_CASE("SMT siblings serve when the cores run out, and the reason says so") {
  const Placement placement = place_on("laptop_hybrid", threads(7, 6));
  CHECK(cpus(placement) == std::vector{2, 4, 6, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3});
  CHECK(placement.reason ==
        "same last-level cache, SMT siblings among them, cores of unequal speed");
  CHECK_FALSE(placement.shared);
}

TEST_CASE("two cores under one cache are better than two isolated cores apart") {
  const RecordedTree tree("server_chiplets");
  tree.write("sys/devices/system/cpu/isolated", "3,7");
  const Placement apart = place(read_topology(tree.root()), threads(1, 1), {});
  CHECK(cpus(apart) == std::vector{7, 4});
  CHECK(apart.reason == "same last-level cache, 1 of 2 isolated");
}

TEST_CASE("the cache with more isolated cores wins over the one with more room") {
  const RecordedTree tree("server_chiplets");
  tree.write("sys/devices/system/cpu/isolated", "2-3,6,13");
  CHECK(cpus(place(read_topology(tree.root()), threads(1, 1), {})) == std::vector{2, 3});
  // Three threads: 2 of 3 isolated there, 1 of 3 elsewhere.
  CHECK(cpus(place(read_topology(tree.root()), threads(1, 2), {})) == std::vector{2, 3, 1});
}

TEST_CASE("fast cores win over the room beside slow ones") {
  const RecordedTree tree("server_two_sockets");
  for (int cpu = 0; cpu < 16; ++cpu) {
    tree.write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpu_capacity",
               cpu % 2 == 0 ? "1024" : "400");
  }
  CHECK(cpus(place(read_topology(tree.root()), threads(1, 1), {})) == std::vector{2, 4});
}

TEST_CASE("a core of cpu 0 is represented by its sibling where cpu 0 is not ours") {
  const RecordedTree tree("server_two_sockets");
  tree.write("proc/self/status", "Cpus_allowed_list:\t2,4,8");
  CHECK(cpus(place(read_topology(tree.root()), threads(1, 1), {})) == std::vector{2, 4});
}

TEST_CASE("more spinning threads than cores are refused with the remedy") {
  CHECK(placement_refusal("vm_two_cores", threads(64, 1)) ==
        "scenario example: 65 spinning threads (64 producers + 1 consumer) on 2 usable cores; use "
        "fewer threads, wait = \"yield\" or \"park\", or oversubscribe = true");
  CHECK(placement_refusal("container_v2", threads(1, 4)).find("on 4 usable cores") !=
        std::string::npos);
}

TEST_CASE("threads that yield or park share cores without asking") {
  for (const WaitStrategy wait : {WaitStrategy::yield, WaitStrategy::park}) {
    const Placement placement = place_on("vm_two_cores", threads(2, 1, wait));
    CHECK(cpus(placement) == std::vector{1, 0, 1});
    CHECK(placement.shared);
    CHECK_FALSE(placement.degraded_wait);
    CHECK(placement.reason == "same last-level cache, threads share cores");
  }
}

TEST_CASE("oversubscribed spinning threads share cores and wait more mildly") {
  Scenario scenario = threads(2, 2);
  scenario.oversubscribe = true;
  const Placement placement = place_on("vm_two_cores", scenario);
  CHECK(cpus(placement) == std::vector{1, 0, 1, 0});
  CHECK(placement.shared);
  CHECK(placement.degraded_wait);
  CHECK_FALSE(place_on("container_v2", scenario).degraded_wait);
}

TEST_CASE("the user's cores are taken in the order given, producers first") {
  const Placement placement = place_on("server_two_sockets", threads(1, 2), listed({6, 1, 0, 3}));
  CHECK(cpus(placement) == std::vector{6, 1, 0});
  CHECK(placement.reason == "different packages");
  CHECK(place_on("laptop_hybrid", threads(1, 1), listed({2, 3})).reason == "SMT siblings");
}

TEST_CASE("cores that the user cannot have are named with the reason") {
  CHECK(placement_refusal("container_v2", threads(1, 1), listed({4, 16})) ==
        "run.cores: cpu 16 does not exist on this machine; usable are 4-7");
  CHECK(placement_refusal("container_v1", threads(1, 1), listed({4, 3})) ==
        "run.cores: cpu 3 lies outside this process's affinity mask or cpuset; usable are 4-7");
  CHECK(placement_refusal("no_cache_info", threads(1, 1), listed({0, 1})) ==
        "run.cores: cpu 0 is offline; usable are 1-7");
}

TEST_CASE("a list that is too short or names a core twice is refused for spinning threads only") {
  CHECK(placement_refusal("isolated_cores", threads(1, 1), listed({3})) ==
        "run.cores lists 1 core and the scenario has 2 spinning threads; list one core per thread "
        "(producers first), or write wait = \"yield\", wait = \"park\" or oversubscribe = true");
  CHECK(placement_refusal("isolated_cores", threads(1, 1), listed({3, 3})) ==
        "run.cores lists cpu 3 twice; give every spinning thread a core of its own, or write "
        "wait = \"yield\", wait = \"park\" or oversubscribe = true");
  CHECK(placement_refusal("isolated_cores", threads(1, 1), listed({3, 4, 3})) == "accepted");

  for (const auto& cores : {std::vector{3}, std::vector{3, 3}}) {
    const Placement parked =
        place_on("isolated_cores", threads(1, 1, WaitStrategy::park), listed(cores));
    CHECK(cpus(parked) == std::vector{3, 3});
    CHECK(parked.shared);
    CHECK_FALSE(parked.degraded_wait);
    CHECK(parked.reason == "same cpu, isolated, threads share cores");
    Scenario scenario = threads(1, 1);
    scenario.oversubscribe = true;
    CHECK(place_on("isolated_cores", scenario, listed(cores)).degraded_wait);
  }
}

Placement place_with_server(const std::string& machine, const Scenario& scenario,
                            const CoreChoice& choice = {}) {
  const testing::RecordedTree tree(machine);
  return place(read_topology(tree.root()), scenario, choice, true);
}

std::vector<int> server_cpus(const Placement& placement) {
  std::vector<int> numbers;
  for (const CpuId cpu : placement.server) numbers.push_back(index(cpu));
  return numbers;
}

TEST_CASE("a server gets a core of its own, beside those of the threads") {
  const Placement placement = place_with_server("container_v2", threads(1, 1));
  CHECK(cpus(placement) == cpus(place_on("container_v2", threads(1, 1))));
  REQUIRE(server_cpus(placement).size() == 1);
  CHECK(server_cpus(placement)[0] != cpus(placement)[0]);
  CHECK(server_cpus(placement)[0] != cpus(placement)[1]);
  CHECK_FALSE(placement.shared);
  CHECK(place_on("container_v2", threads(1, 1)).server.empty());
}

TEST_CASE("where cores are short the threads move together to leave the server one") {
  const Placement placement = place_with_server("vm_two_cores", threads(1, 1));
  CHECK(cpus(placement) == std::vector{1, 1});
  CHECK(server_cpus(placement) == std::vector{0});
  CHECK(placement.shared);
  CHECK(placement.degraded_wait);
  CHECK(describe(placement) ==
        "producer on cpu 1, consumer on cpu 1, server on cpu 0 (same cpu, threads share cores to "
        "leave the server a core)");
  // Threads that sleep or yield would share cores anyway.
  CHECK(server_cpus(place_with_server("vm_two_cores", threads(2, 2, WaitStrategy::park))) ==
        std::vector{0});
}

TEST_CASE("of the cores the user lists the server gets those behind the threads', else the rest") {
  const auto placed = [](const std::vector<int>& cores) {
    return place_with_server("vm_two_cores", threads(1, 1, WaitStrategy::park), listed(cores));
  };
  CHECK(server_cpus(placed({0, 0, 1})) == std::vector{1});
  CHECK(server_cpus(placed({0, 1, 0, 1})) == std::vector{0, 1});
  CHECK(server_cpus(placed({1})) == std::vector{0});
  CHECK(server_cpus(placed({0, 1})).size() == 2);
}

TEST_CASE("a machine that names no CPU is refused") {
  CHECK_THROWS_AS(static_cast<void>(place({}, threads(1, 1), {})), SetupError);
}

TEST_CASE("a placement is described by roles, cores and how near they are") {
  CHECK(describe(place_on("isolated_cores", threads(1, 1))) ==
        "producer on cpu 2, consumer on cpu 3 (same last-level cache, isolated)");
  CHECK(describe(place_on("server_two_sockets", threads(1, 3))) ==
        "producer on cpu 1, consumers on cpu 3, 5, 7 (same last-level cache)");
}

/// `same-cache 2,4` for each distance that is swept.
std::vector<std::string> swept_on(const char* machine, const Scenario& scenario) {
  const RecordedTree tree(machine);
  std::vector<std::string> result;
  for (const SweptPlacement& one : place_each_distance(read_topology(tree.root()), scenario)) {
    const std::vector<int> pair = cpus(one.placement);
    result.push_back(fmt::format("{} {},{}", one.distance, pair[0], pair[1]));
  }
  return result;
}

TEST_CASE("a sweep takes the best two cores of each distance that the machine has") {
  using Swept = std::vector<std::string>;
  CHECK(swept_on("vm_two_cores", threads(1, 1)) == Swept{"same-core 1,1", "same-cache 1,0"});
}

TEST_CASE("threads that a sweep puts on one core yield to each other") {
  const RecordedTree tree("vm_two_cores");
  const auto swept = place_each_distance(read_topology(tree.root()), threads(1, 1));
  CHECK(swept.front().placement.shared);
  CHECK(swept.front().placement.degraded_wait);
  CHECK_FALSE(swept.back().placement.degraded_wait);
}

TEST_CASE("a sweep over more than two threads is refused with what to write instead") {
  const RecordedTree tree("vm_two_cores");
  CHECK_THROWS_WITH_AS(
      static_cast<void>(place_each_distance(read_topology(tree.root()), threads(2, 1))),
      "scenario example: run.cores = \"sweep\" compares two cores, and this scenario has 2 "
      "producers and 1 consumer; write one of each, or run.cores = \"auto\"",
      SetupError);
}

}  // namespace
}  // namespace busmark
