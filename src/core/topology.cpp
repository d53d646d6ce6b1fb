// SPDX-License-Identifier: Apache-2.0
#include "busmark/core/topology.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "busmark/core/affinity.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using CpuList = std::vector<CpuId>;

/// First line of a kernel file; empty optional when there is none.
std::optional<std::string> read_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<int> read_int(const fs::path& path) {
  const auto line = read_line(path);
  if (!line) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), value);
  if (error != std::errc{} || end == line->data()) return std::nullopt;
  return value;
}

/// A list file; empty optional when it is absent or not understood.
std::optional<CpuList> read_list(const fs::path& path) {
  const auto line = read_line(path);
  if (!line) return std::nullopt;
  try {
    return parse_cpu_list(*line);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

bool contains(const CpuList& list, CpuId cpu) {
  return std::binary_search(list.begin(), list.end(), cpu);
}

CpuList intersect(const CpuList& a, const CpuList& b) {
  CpuList both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

/// `Cpus_allowed_list` of /proc/self/status.
std::optional<CpuList> allowed_by_status(const fs::path& root) {
  std::ifstream file(root / "proc/self/status");
  constexpr std::string_view kKey = "Cpus_allowed_list:";
  for (std::string line; std::getline(file, line);) {
    if (!std::string_view(line).starts_with(kKey)) continue;
    const auto start = line.find_first_not_of(" \t", kKey.size());
    if (start == std::string::npos) return std::nullopt;
    try {
      return parse_cpu_list(std::string_view(line).substr(start));
    } catch (const std::invalid_argument&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// The cpuset of the process's cgroup: version 2, or version 1's cpuset controller. Inside a
/// container the cgroup's own folder is often mounted as the root of the hierarchy.
std::optional<CpuList> allowed_by_cgroup(const fs::path& root) {
  const fs::path hierarchy = root / "sys/fs/cgroup";
  std::ifstream file(root / "proc/self/cgroup");
  std::vector<fs::path> candidates;
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 2);  // without the leading slash
    if (controllers.empty()) {
      candidates.push_back(hierarchy / group / "cpuset.cpus.effective");
    } else if (controllers.find("cpuset") != std::string::npos) {
      candidates.push_back(hierarchy / "cpuset" / group / "cpuset.effective_cpus");
    }
  }
  candidates.push_back(hierarchy / "cpuset.cpus.effective");
  candidates.push_back(hierarchy / "cpuset/cpuset.effective_cpus");
  for (const fs::path& candidate : candidates) {
    if (auto list = read_list(candidate); list && !list->empty()) return list;
  }
  return std::nullopt;
}

/// Domain of the highest cache level that the kernel describes; its index is not the same everywhere.
int cache_domain(const fs::path& cpu) {
  int best_level = 0;
  int domain = -1;
  for (int i = 0;; ++i) {
    const fs::path cache = cpu / fmt::format("cache/index{}", i);
    const auto level = read_int(cache / "level");
    if (!level) break;
    const auto shared = read_list(cache / "shared_cpu_list");
    if (shared && !shared->empty() && *level > best_level) {
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
  cpu.capacity = read_int(folder / "cpu_capacity").value_or(1024);
  return cpu;
}

}  // namespace

const Cpu* Topology::find(CpuId id) const noexcept {
  for (const Cpu& cpu : cpus) {
    if (cpu.id == id) return &cpu;
  }
  return nullptr;
}

std::vector<CpuId> parse_cpu_list(std::string_view text) {
  const auto fail = [&] {
    throw std::invalid_argument(fmt::format("\"{}\" is not a list of CPUs such as 0-3,8", text));
  };
  constexpr int kMost = 1 << 16;
  CpuList cpus;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  const auto number = [&] {
    int value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value < 0 || value >= kMost) fail();
    at = next;
    return value;
  };
  while (at != end && *at != '\n') {
    const int first = number();
    int last = first;
    if (at != end && *at == '-') {
      ++at;
      last = number();
    }
    if (last < first) fail();
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(CpuId{cpu});
    if (at == end || *at == '\n') break;
    if (*at != ',') fail();
    if (++at == end) fail();
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

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
  if (const auto cgroup = allowed_by_cgroup(root)) usable = intersect(usable, *cgroup);
  if (topology.present.empty()) topology.present = topology.online;

  const CpuList isolated = read_list(system / "cpu/isolated").value_or(CpuList{});
  for (const CpuId id : usable) topology.cpus.push_back(read_cpu(system, id, isolated));
  return topology;
}

std::string_view to_string(Relation relation) noexcept {
  switch (relation) {
    case Relation::same_cpu: return "same cpu";
    case Relation::smt_sibling: return "SMT siblings";
    case Relation::same_cache: return "same last-level cache";
    case Relation::same_package: return "same package";
    case Relation::other_package: return "different packages";
    case Relation::unknown: break;
  }
  return "unknown relation";
}

Relation relation(const Cpu& a, const Cpu& b) noexcept {
  if (a.id == b.id) return Relation::same_cpu;
  if (a.core >= 0 && a.core == b.core) return Relation::smt_sibling;
  if (a.cache >= 0 && a.cache == b.cache) return Relation::same_cache;
  if (a.package < 0 || b.package < 0) return Relation::unknown;
  return a.package == b.package ? Relation::same_package : Relation::other_package;
}

}  // namespace busmark
