// SPDX-License-Identifier: Apache-2.0
#include "machine/topology.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"
#include "machine/kernel_files.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using CpuList = std::vector<CpuId>;

bool contains(const CpuList& list, CpuId cpu) {
  return std::binary_search(list.begin(), list.end(), cpu);
}

CpuList intersect(const CpuList& a, const CpuList& b) {
  CpuList both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

CpuList minus(const CpuList& a, const CpuList& b) {
  CpuList rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

/// Domain of the highest cache level that the kernel describes; its index is not the same
/// everywhere, and an index may be missing.
int cache_domain(const fs::path& cpu) {
  int best_level = 0;
  int domain = -1;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(cpu / "cache", error)) {
    const auto level = read_int(entry.path() / "level");
    const auto shared = read_list(entry.path() / "shared_cpu_list");
    if (level && shared && !shared->empty() && *level > best_level) {
      best_level = *level;
      domain = index(shared->front());
    }
  }
  return domain;
}

int numa_node(const fs::path& nodes, CpuId id) {
  const auto online = read_list(nodes / "online");
  if (!online) return -1;
  for (const CpuId node : *online) {  // nodes are numbered in the same format as CPUs
    const auto cpus = read_list(nodes / fmt::format("node{}", index(node)) / "cpulist");
    if (cpus && contains(*cpus, id)) return index(node);
  }
  return -1;
}

Cpu read_cpu(const fs::path& system, CpuId id, const CpuList& isolated) {
  const fs::path folder = system / fmt::format("cpu/cpu{}", index(id));
  Cpu cpu;
  cpu.id = id;
  // Cores are named by their first sibling: core_id repeats across packages and dies.
  const auto siblings = read_list(folder / "topology/thread_siblings_list");
  cpu.core = siblings && !siblings->empty() ? index(siblings->front()) : -1;
  cpu.package = read_int(folder / "topology/physical_package_id").value_or(-1);
  cpu.cache = cache_domain(folder);
  cpu.node = numa_node(system / "node", id);
  cpu.isolated = contains(isolated, id);
  return cpu;
}

/// Sorts speeds into classes, 0 the fastest; empty where some CPU's is unknown.
std::optional<std::vector<int>> speed_classes(const fs::path& system, const Topology& topology,
                                              const char* name) {
  std::vector<int> speeds;
  for (const Cpu& cpu : topology.cpus) {
    const auto speed = read_int(system / fmt::format("cpu/cpu{}", index(cpu.id)) / name);
    if (!speed || *speed <= 0) return std::nullopt;
    speeds.push_back(*speed);
  }
  std::vector<int> descending = speeds;
  std::sort(descending.begin(), descending.end(), std::greater<>());
  std::vector<int> leaders;
  for (const int speed : descending) {
    // Favoured cores of one kind lie within 7 % of each other, cores of another kind 19 % or more.
    if (leaders.empty() || speed < leaders.back() * 0.85) leaders.push_back(speed);
  }
  std::vector<int> classes;
  for (const int speed : speeds) {
    // The class of the slowest leader that is not slower.
    const auto not_slower =
        std::count_if(leaders.begin(), leaders.end(), [&](int leader) { return leader >= speed; });
    classes.push_back(static_cast<int>(not_slower) - 1);
  }
  return classes;
}

void classify_speeds(const fs::path& system, Topology& topology) {
  // x86 kernels give unequal cores one capacity while SMT is on, so equal ones prove nothing.
  // highest_perf comes last because AMD uses it to rank equal cores.
  auto classes = speed_classes(system, topology, "cpu_capacity");
  const bool differ = classes && std::any_of(classes->begin(), classes->end(),
                                             [](int speed_class) { return speed_class != 0; });
  if (!differ) classes = speed_classes(system, topology, "cpufreq/cpuinfo_max_freq");
  if (!classes) classes = speed_classes(system, topology, "acpi_cppc/highest_perf");
  if (!classes) return;
  for (std::size_t i = 0; i < classes->size(); ++i) topology.cpus[i].speed_class = (*classes)[i];
}

/// Booted with isolcpus, or in an isolated partition, which the hierarchy's root tells (Linux 6.7).
CpuList isolated_cpus(const fs::path& root) {
  auto isolated = read_list(root / "sys/devices/system/cpu/isolated").value_or(CpuList{});
  const auto more = read_list(root / "sys/fs/cgroup/cpuset.cpus.isolated").value_or(CpuList{});
  isolated.insert(isolated.end(), more.begin(), more.end());
  std::sort(isolated.begin(), isolated.end());
  return isolated;
}

}  // namespace

Topology read_topology(const fs::path& root) {
  const fs::path system = root / "sys/devices/system";
  Topology topology;
  const auto online = read_list(system / "cpu/online");
  topology.present = read_list(system / "cpu/present").value_or(online.value_or(CpuList{}));

  CpuList usable;
  if (root == "/") {
    usable = allowed_cpus();
  } else {
    usable = allowed_by_status(root).value_or(online.value_or(topology.present));
  }
  topology.online = online.value_or(usable);
  if (online) usable = intersect(usable, *online);
  CpuList reachable = usable;
  if (const auto cgroup = allowed_by_cgroup(root)) {
    // The kernel keeps every mask inside its cpuset: where they contradict, the file is another
    // group's, and the mask stands.
    if (const CpuList both = intersect(usable, *cgroup); !both.empty()) {
      usable = both;
      reachable = *cgroup;
    }
  }
  if (topology.present.empty()) topology.present = topology.online;
  // The file may be a parent's: only the kernel knows.
  if (root == "/") reachable = reachable_cpus(topology.online);
  reachable = intersect(reachable, topology.online);

  const CpuList isolated = isolated_cpus(root);
  // After a boot with isolcpus every mask is all but those: nobody has chosen to leave them out.
  const CpuList chosen = minus(reachable, isolated);
  if (usable == chosen) usable = reachable;
  for (const CpuId id : usable) topology.cpus.push_back(read_cpu(system, id, isolated));
  for (const CpuId id : minus(reachable, usable)) {
    topology.beyond.push_back(read_cpu(system, id, isolated));
  }
  classify_speeds(system, topology);
  return topology;
}

std::string_view to_string(Relation relation) noexcept {
  switch (relation) {
    case Relation::same_cpu: return "same cpu";
    case Relation::smt_sibling: return "SMT siblings";
    case Relation::same_cache: return "same last-level cache";
    case Relation::same_node: return "same NUMA node";
    case Relation::same_package: return "same package";
    case Relation::other_node: return "different NUMA nodes";
    case Relation::other_package: return "different packages";
    case Relation::unknown: break;
  }
  return "unknown relation";
}

Relation relation(const Cpu& a, const Cpu& b) noexcept {
  if (a.id == b.id) return Relation::same_cpu;
  if (a.core >= 0 && a.core == b.core) return Relation::smt_sibling;
  if (a.cache >= 0 && a.cache == b.cache) return Relation::same_cache;
  const bool packages = a.package >= 0 && b.package >= 0;
  if (packages && a.package != b.package) return Relation::other_package;
  if (a.node >= 0 && b.node >= 0) {
    return a.node == b.node ? Relation::same_node : Relation::other_node;
  }
  return packages ? Relation::same_package : Relation::unknown;
}

void check_cores(const std::vector<CpuId>& cores, const Topology& topology, std::string_view flag) {
  const std::string usable = format_cpu_list(topology.usable());
  const auto refuse = [&](const std::string& message) {
    throw ConfigError({{std::string(flag), "", message}});
  };
  if (cores.empty()) refuse("the list is empty; write for example " + usable);
  for (auto core = cores.begin(); core != cores.end(); ++core) {
    if (std::find(cores.begin(), core, *core) != core) {
      refuse(fmt::format("cpu {} is listed twice; name each once", index(*core)));
    }
    if (topology.find(*core) == nullptr) {
      refuse(fmt::format("cpu {} cannot be used by this process; it may use {}", index(*core),
                         usable));
    }
  }
}

}  // namespace busmark
