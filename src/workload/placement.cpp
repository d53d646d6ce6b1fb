// SPDX-License-Identifier: Apache-2.0
#include "busmark/workload/placement.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "busmark/core/error.hpp"

namespace busmark {
namespace {

using CpuList = std::vector<CpuId>;

std::string list_text(const CpuList& cpus) {
  std::vector<int> numbers;
  for (const CpuId cpu : cpus) numbers.push_back(index(cpu));
  return fmt::format("{}", fmt::join(numbers, ", "));
}

std::string usable_text(const Topology& topology) {
  CpuList usable;
  for (const Cpu& cpu : topology.cpus) usable.push_back(cpu.id);
  return list_text(usable);
}

/// CPUs in the order in which they should be taken: one per physical core first, then siblings;
/// within each, the cache domain with most isolated, then most free cores; cpu 0's core last.
CpuList preference(const Topology& topology) {
  // A core counts as its first usable CPU; what comes later on the same core is a sibling.
  std::set<int> cores;
  std::map<int, int> cores_in_cache;
  std::map<int, int> isolated_in_cache;
  std::map<CpuId, bool> sibling;
  for (const Cpu& cpu : topology.cpus) {
    const bool first = cpu.core < 0 || cores.insert(cpu.core).second;
    sibling[cpu.id] = !first;
    if (!first) continue;
    ++cores_in_cache[cpu.cache];
    isolated_in_cache[cpu.cache] += cpu.isolated ? 1 : 0;
  }
  std::vector<Cpu> order = topology.cpus;
  const auto rank = [&](const Cpu& cpu) {
    return std::tuple(sibling[cpu.id], !cpu.isolated, -cpu.capacity, -isolated_in_cache[cpu.cache],
                      -cores_in_cache[cpu.cache], cpu.cache, cpu.id == CpuId{0}, cpu.id);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const Cpu& a, const Cpu& b) { return rank(a) < rank(b); });
  CpuList cpus;
  for (const Cpu& cpu : order) cpus.push_back(cpu.id);
  return cpus;
}

/// The first `threads` of `order`, moved into one cache domain where one has room for all of them
/// without worse cores: crossing caches costs more than a core that is not isolated.
CpuList choose(const Topology& topology, const CpuList& order, std::size_t threads) {
  CpuList best(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(threads));
  const auto one_cache = [&](const CpuList& cpus) {
    return std::all_of(cpus.begin(), cpus.end(), [&](CpuId id) {
      return topology.find(id)->cache == topology.find(cpus.front())->cache;
    });
  };
  const auto distinct_cores = [&](const CpuList& cpus) {
    std::set<int> cores;
    return std::all_of(cpus.begin(), cpus.end(), [&](CpuId id) {
      const int core = topology.find(id)->core;
      return core < 0 || cores.insert(core).second;
    });
  };
  if (one_cache(best)) return best;
  const bool avoid_zero = std::find(best.begin(), best.end(), CpuId{0}) == best.end();
  std::set<int> tried;
  for (const CpuId lead : order) {
    const int cache = topology.find(lead)->cache;
    if (cache < 0 || !tried.insert(cache).second) continue;
    CpuList candidate;
    for (const CpuId id : order) {
      if (topology.find(id)->cache != cache || (avoid_zero && id == CpuId{0})) continue;
      if (candidate.size() < threads) candidate.push_back(id);
    }
    if (candidate.size() == threads && distinct_cores(candidate)) return candidate;
  }
  return best;
}

CpuList check_choice(const Topology& topology, const CpuList& chosen, std::size_t threads,
                     bool oversubscribe) {
  for (const CpuId cpu : chosen) {
    if (topology.find(cpu) != nullptr) continue;
    const auto in = [&](const CpuList& list) {
      return std::find(list.begin(), list.end(), cpu) != list.end();
    };
    const char* why = !in(topology.present) ? "does not exist on this machine"
                      : !in(topology.online)
                          ? "is offline"
                          : "lies outside this process's affinity mask or cpuset";
    throw SetupError(
        fmt::format("run.cores: cpu {} {}; usable are {}", index(cpu), why, usable_text(topology)));
  }
  if (chosen.size() < threads && !oversubscribe) {
    throw SetupError(
        fmt::format("run.cores lists {} cores and the scenario has {} threads; list one "
                    "core per thread (producers first) or write oversubscribe = true",
                    chosen.size(), threads));
  }
  std::set<CpuId> unique;
  for (std::size_t i = 0; i < std::min(threads, chosen.size()); ++i) {
    if (!unique.insert(chosen[i]).second && !oversubscribe) {
      throw SetupError(
          fmt::format("run.cores lists cpu {} twice; give every thread a core of its own "
                      "or write oversubscribe = true",
                      index(chosen[i])));
    }
  }
  return chosen;
}

/// Deals the roles out so that a producer and a consumer share a core as late as possible.
CpuList deal(const CpuList& cores, std::size_t threads) {
  CpuList dealt;
  for (std::size_t i = 0; i < threads; ++i) dealt.push_back(cores[i % cores.size()]);
  return dealt;
}

std::string explain(const Topology& topology, const Placement& placement) {
  auto farthest = Relation::same_cpu;
  bool isolated = true;
  for (const CpuId a : placement.cpus) {
    isolated = isolated && topology.find(a)->isolated;
    for (const CpuId b : placement.cpus) {
      farthest = std::max(farthest, relation(*topology.find(a), *topology.find(b)));
    }
  }
  std::string text(to_string(farthest));
  if (isolated) text += ", isolated";
  if (placement.shared) text += ", threads share cores";
  return text;
}

std::string group_text(const char* role, const CpuList& cpus) {
  return fmt::format("{}{} on cpu {}", role, cpus.size() == 1 ? "" : "s", list_text(cpus));
}

}  // namespace

Placement place(const Topology& topology, const Scenario& scenario, const CoreChoice& choice) {
  const std::size_t threads = scenario.threads();
  const bool spins = scenario.wait == WaitStrategy::spin;
  CpuList cores = choice.automatic()
                      ? preference(topology)
                      : check_choice(topology, choice.cores, threads, scenario.oversubscribe);
  if (cores.empty())
    throw SetupError("no CPU can be used: the affinity mask and the cpuset are disjoint");

  // Threads that yield or sleep may share cores; threads that spin would only fight for them.
  if (cores.size() < threads && spins && !scenario.oversubscribe) {
    throw SetupError(
        fmt::format("scenario {}: {} spinning threads ({} producers + {} consumers) on {} usable "
                    "cores; use fewer "
                    "threads, wait = \"yield\" or \"park\", or oversubscribe = true",
                    scenario.name, threads, scenario.producers, scenario.consumers, cores.size()));
  }
  Placement placement;
  placement.producers = scenario.producers;
  if (choice.automatic() && cores.size() >= threads) cores = choose(topology, cores, threads);
  placement.cpus = deal(cores, threads);
  placement.shared = std::set<CpuId>(placement.cpus.begin(), placement.cpus.end()).size() < threads;
  placement.degraded_wait = placement.shared && spins;
  placement.reason = explain(topology, placement);
  return placement;
}

std::string describe(const Placement& placement) {
  const auto middle = placement.cpus.begin() + placement.producers;
  return fmt::format("{}, {} ({})", group_text("producer", {placement.cpus.begin(), middle}),
                     group_text("consumer", {middle, placement.cpus.end()}), placement.reason);
}

}  // namespace busmark
