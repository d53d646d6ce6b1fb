// SPDX-License-Identifier: Apache-2.0
#include "machine/topology.hpp"

#include <numeric>
#include <stdexcept>

#include <doctest/doctest.h>

#include "machine/affinity.hpp"
#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;

std::vector<int> numbers(const std::vector<CpuId>& cpus) {
  std::vector<int> result;
  for (const CpuId cpu : cpus) result.push_back(index(cpu));
  return result;
}

std::vector<int> usable(const Topology& topology) {
  std::vector<int> result;
  for (const Cpu& cpu : topology.cpus) result.push_back(index(cpu.id));
  return result;
}

std::vector<int> range(int first, int last) {
  std::vector<int> result(static_cast<std::size_t>(last - first + 1));
  std::iota(result.begin(), result.end(), first);
  return result;
}

const Cpu& cpu(const Topology& topology, int id) {
  const Cpu* found = topology.find(CpuId{id});
  REQUIRE(found != nullptr);
  return *found;
}

TEST_CASE("a CPU list is ranges and numbers, sorted, each once") {
  CHECK(numbers(parse_cpu_list("0-3,8")) == std::vector{0, 1, 2, 3, 8});
  CHECK(numbers(parse_cpu_list("5,1-2,2")) == std::vector{1, 2, 5});
  CHECK(numbers(parse_cpu_list("7\n")) == std::vector{7});
  CHECK(parse_cpu_list("").empty());
  CHECK(parse_cpu_list("\n").empty());
  CHECK(numbers(parse_cpu_list("65535")) == std::vector{65535});
}

TEST_CASE("what is no CPU list is refused") {
  for (const char* text : {"x", "1-", "-1", "3-1", "1,", ",1", "1 2", " 1", "0-3\n4", "1\n\n",
                           "\n1", "0-3:1/2", "65536", "99999999999", "1-2-3", "0x3"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(static_cast<void>(parse_cpu_list(text)), std::invalid_argument);
  }
}

TEST_CASE("a two-core virtual machine has two cores under one cache") {
  const RecordedTree tree("vm_two_cores");
  const Topology topology = read_topology(tree.root());
  CHECK(usable(topology) == range(0, 1));
  CHECK(cpu(topology, 0).core != cpu(topology, 1).core);
  CHECK(relation(cpu(topology, 0), cpu(topology, 1)) == Relation::same_cache);
  CHECK(relation(cpu(topology, 0), cpu(topology, 0)) == Relation::same_cpu);
}

TEST_CASE("slow cores of a laptop are told by frequency where the capacities are equal") {
  const RecordedTree tree("laptop_hybrid");
  const Topology topology = read_topology(tree.root());
  for (int id = 0; id < 8; ++id) CHECK(cpu(topology, id).speed_class == 0);
  for (int id = 8; id < 16; ++id) CHECK(cpu(topology, id).speed_class == 1);
  CHECK(relation(cpu(topology, 2), cpu(topology, 3)) == Relation::smt_sibling);
  CHECK(relation(cpu(topology, 8), cpu(topology, 9)) == Relation::same_cache);
}

TEST_CASE("slow cores are told by highest_perf where there is no cpufreq driver") {
  const RecordedTree tree("isolated_cores");
  const std::string cpus = "sys/devices/system/cpu/cpu";
  for (int id = 0; id < 8; ++id) {
    tree.write(cpus + std::to_string(id) + "/acpi_cppc/highest_perf", id < 4 ? "64" : "39");
  }
  const Topology topology = read_topology(tree.root());
  CHECK(cpu(topology, 3).speed_class == 0);
  CHECK(cpu(topology, 4).speed_class == 1);
}

TEST_CASE("three kinds of cores are three classes, and a capacity that differs is believed") {
  const RecordedTree tree("isolated_cores");
  const std::string cpus = "sys/devices/system/cpu/cpu";
  for (int id = 0; id < 8; ++id) {
    const char* capacity = id < 4 ? "381" : id < 7 ? "768" : "1024";
    tree.write(cpus + std::to_string(id) + "/cpu_capacity", capacity);
    tree.write(cpus + std::to_string(id) + "/cpufreq/cpuinfo_max_freq", "3000000");
  }
  const Topology topology = read_topology(tree.root());
  CHECK(cpu(topology, 7).speed_class == 0);
  CHECK(cpu(topology, 6).speed_class == 1);
  CHECK(cpu(topology, 0).speed_class == 2);
}

TEST_CASE("cores are equal where nothing or not every core tells its speed") {
  const RecordedTree tree("isolated_cores");
  tree.write("sys/devices/system/cpu/cpu1/cpu_capacity", "381");
  for (const Cpu& each : read_topology(tree.root()).cpus) CHECK(each.speed_class == 0);
}

TEST_CASE("AMD's ranking of equal cores makes none of them slow") {
  const RecordedTree tree("server_chiplets");
  for (const Cpu& each : read_topology(tree.root()).cpus) CHECK(each.speed_class == 0);
}

TEST_CASE("CPUs numbered across two sockets are told apart") {
  const RecordedTree tree("server_two_sockets");
  const Topology topology = read_topology(tree.root());
  CHECK(relation(cpu(topology, 1), cpu(topology, 9)) == Relation::smt_sibling);
  CHECK(relation(cpu(topology, 1), cpu(topology, 3)) == Relation::same_cache);
  CHECK(relation(cpu(topology, 1), cpu(topology, 2)) == Relation::other_package);
  CHECK(cpu(topology, 14).node == 0);
  CHECK(cpu(topology, 15).node == 1);
}

TEST_CASE("caches, NUMA nodes and the package are levels of nearness") {
  const RecordedTree tree("server_chiplets");
  const Topology topology = read_topology(tree.root());
  CHECK(relation(cpu(topology, 1), cpu(topology, 17)) == Relation::smt_sibling);
  CHECK(relation(cpu(topology, 1), cpu(topology, 18)) == Relation::same_cache);
  CHECK(relation(cpu(topology, 1), cpu(topology, 4)) == Relation::same_node);
  CHECK(relation(cpu(topology, 1), cpu(topology, 8)) == Relation::other_node);
  CHECK(Relation::same_cache < Relation::same_node);
  CHECK(Relation::same_node < Relation::other_node);
}

TEST_CASE("cores of an ARM server without a shared cache in sysfs are told by node and package") {
  const RecordedTree tree("arm_server");
  const Topology topology = read_topology(tree.root());
  CHECK(usable(topology) == range(0, 7));
  CHECK(relation(cpu(topology, 0), cpu(topology, 1)) == Relation::same_node);
  CHECK(relation(cpu(topology, 0), cpu(topology, 4)) == Relation::other_package);
  for (const Cpu& each : topology.cpus) CHECK(each.speed_class == 0);
}

TEST_CASE("big and small cores of an ARM board are two classes under two caches") {
  const RecordedTree tree("arm_big_little");
  const Topology topology = read_topology(tree.root());
  for (int id = 0; id < 4; ++id) CHECK(cpu(topology, id).speed_class == 1);
  for (int id = 4; id < 6; ++id) CHECK(cpu(topology, id).speed_class == 0);
  CHECK(relation(cpu(topology, 4), cpu(topology, 5)) == Relation::same_cache);
  CHECK(relation(cpu(topology, 3), cpu(topology, 4)) == Relation::same_package);
}

TEST_CASE("without NUMA information the package is what is known") {
  const RecordedTree tree("server_chiplets");
  tree.remove("sys/devices/system/node");
  Topology topology = read_topology(tree.root());
  CHECK(relation(cpu(topology, 1), cpu(topology, 4)) == Relation::same_package);
  tree.remove("sys/devices/system/cpu/cpu4/topology");
  topology = read_topology(tree.root());
  CHECK(relation(cpu(topology, 1), cpu(topology, 4)) == Relation::unknown);
}

TEST_CASE("isolcpus and isolated partitions are isolated cores") {
  const RecordedTree tree("isolated_cores");
  for (const Cpu& each : read_topology(tree.root()).cpus) {
    CHECK(each.isolated == (index(each.id) >= 2 && index(each.id) <= 5));
  }
  tree.write("sys/fs/cgroup/cpuset.cpus.isolated", "1,7");
  const Topology topology = read_topology(tree.root());
  CHECK(cpu(topology, 1).isolated);
  CHECK(cpu(topology, 2).isolated);
  CHECK_FALSE(cpu(topology, 6).isolated);
}

TEST_CASE("a container's cpuset limits the usable CPUs, in both versions of cgroup") {
  for (const char* machine : {"container_v2", "container_v1"}) {
    CAPTURE(machine);
    const RecordedTree tree(machine);
    const Topology topology = read_topology(tree.root());
    CHECK(usable(topology) == range(4, 7));
    CHECK(numbers(topology.online) == range(0, 15));
    CHECK(numbers(topology.present) == range(0, 15));
  }
}

TEST_CASE("the cpuset is the cgroup's own, else that of the nearest ancestor that has one") {
  const RecordedTree tree("container_v2");
  tree.write("proc/self/cgroup", "0::/pod/app/leaf");
  CHECK(usable(read_topology(tree.root())) == range(4, 7));
  tree.write("sys/fs/cgroup/pod/cpuset.cpus.effective", "4-6");
  CHECK(usable(read_topology(tree.root())) == range(4, 6));
  tree.write("sys/fs/cgroup/pod/app/leaf/cpuset.cpus.effective", "5");
  CHECK(usable(read_topology(tree.root())) == range(5, 5));
  tree.write("sys/fs/cgroup/pod/app/leaf/cpuset.cpus.effective", "");
  CHECK(usable(read_topology(tree.root())) == range(4, 6));

  const RecordedTree old("container_v1");
  old.write("sys/fs/cgroup/cpuset/docker/cpuset.effective_cpus", "6-7");
  CHECK(usable(read_topology(old.root())) == range(6, 7));
}

TEST_CASE("cgroup lines that say nothing are passed over") {
  for (const char* lines : {"0::", "", "0", "0:", "::", ":::", "nonsense", "9:cpuset2:/x",
                            "0::/../elsewhere", "0::/../../../../../../../../etc"}) {
    CAPTURE(lines);
    const RecordedTree tree("container_v2");
    tree.remove("sys/fs/cgroup/cpuset.cpus.effective");
    tree.write("sys/fs/cpuset.cpus.effective", "1");
    tree.write("proc/self/cgroup", lines);
    CHECK(usable(read_topology(tree.root())) == range(0, 15));
  }
}

TEST_CASE("a cpuset outside the affinity mask is another group's and is not believed") {
  const RecordedTree tree("container_v2");
  tree.write("proc/self/status", "Cpus_allowed_list:\t0-2");
  CHECK(usable(read_topology(tree.root())) == range(0, 2));
}

TEST_CASE("cores outside the inherited mask are usable where the cpuset has them") {
  const RecordedTree tree("isolated_cores");
  tree.write("proc/self/status", "Cpus_allowed_list:\t0,2");
  Topology topology = read_topology(tree.root());
  CHECK(usable(topology) == std::vector{0, 2});
  CHECK(numbers(topology.usable()) == range(0, 7));
  CHECK(cpu(topology, 4).isolated);
  tree.write("sys/fs/cgroup/cpuset.cpus.effective", "0-5");
  CHECK(numbers(read_topology(tree.root()).usable()) == range(0, 5));
}

TEST_CASE("a mask that is all but the isolated cores is that of the boot, and limits nothing") {
  const RecordedTree tree("isolated_cores");
  tree.write("proc/self/status", "Cpus_allowed_list:\t0-1,6-7");
  CHECK(usable(read_topology(tree.root())) == range(0, 7));
}

TEST_CASE("a CPU that is offline is present and not usable") {
  const RecordedTree tree("no_cache_info");
  const Topology topology = read_topology(tree.root());
  CHECK(usable(topology) == range(1, 7));
  CHECK(numbers(topology.present) == range(0, 7));
  CHECK(numbers(topology.online) == range(1, 7));
  CHECK(cpu(topology, 1).cache == -1);
  CHECK(relation(cpu(topology, 1), cpu(topology, 3)) == Relation::same_node);
  CHECK(relation(cpu(topology, 3), cpu(topology, 4)) == Relation::other_node);
}

TEST_CASE("the last-level cache is found behind a missing index and whatever its number") {
  const RecordedTree tree("server_two_sockets");
  for (int id = 0; id < 16; ++id) {
    tree.remove("sys/devices/system/cpu/cpu" + std::to_string(id) + "/cache/index1");
  }
  const Topology topology = read_topology(tree.root());
  CHECK(cpu(topology, 6).cache == 0);
  CHECK(cpu(topology, 7).cache == 1);
}

TEST_CASE("a tree with nothing in it has no CPUs, and nothing throws") {
  const RecordedTree tree;
  const Topology topology = read_topology(tree.root());
  CHECK(topology.cpus.empty());
  CHECK(topology.present.empty());
  CHECK(topology.find(CpuId{0}) == nullptr);
}

TEST_CASE("kernel files full of nonsense are unknown, not errors") {
  const RecordedTree tree("vm_two_cores");
  for (const char* path : {"cache/index3/shared_cpu_list", "topology/thread_siblings_list",
                           "topology/physical_package_id", "cpu_capacity"}) {
    tree.write("sys/devices/system/cpu/cpu0/" + std::string(path), "?!");
  }
  tree.write("sys/devices/system/cpu/present", "all of them");
  tree.write("sys/devices/system/node/online", "none");
  const Topology topology = read_topology(tree.root());
  CHECK(usable(topology) == range(0, 1));
  CHECK(cpu(topology, 0).core == -1);
  CHECK(cpu(topology, 0).package == -1);
  CHECK(cpu(topology, 0).node == -1);
  CHECK(numbers(topology.present) == range(0, 1));
}

TEST_CASE("on this machine the usable CPUs are those of the affinity mask") {
  const std::vector<CpuId> allowed = allowed_cpus();
  CHECK(usable(read_topology()) == numbers(allowed));
  const AffinityGuard guard;
  pin_this_thread(allowed.back());
  CHECK(usable(read_topology()) == std::vector{index(allowed.back())});
}

}  // namespace
}  // namespace busmark
