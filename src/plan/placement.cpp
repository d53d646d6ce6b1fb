// SPDX-License-Identifier: Apache-2.0
#include "plan/placement.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "busmark/base/error.hpp"

#include "base/cpu_ranges.hpp"

namespace busmark {
namespace {

using CpuList = std::vector<CpuId>;
using Cpus = std::vector<Cpu>;

/// Name of a CPU's physical core; one that the kernel does not tell is a core of its own.
int core_of(const Cpu& cpu) { return cpu.core >= 0 ? cpu.core : -1 - index(cpu.id); }

/// cpu 0 serves interrupts and time for the others, and its siblings feel it.
bool on_core_of_cpu0(const Cpu& cpu) { return cpu.id == CpuId{0} || cpu.core == 0; }

/// What decides between CPUs and between sets of them.
class Preference {
 public:
  explicit Preference(const Topology& topology) : order_(topology.cpus) {
    // The best CPU of a core stands for it; what comes later on the same core is a sibling.
    std::stable_sort(order_.begin(), order_.end(), [](const Cpu& a, const Cpu& b) {
      return std::pair(!a.isolated, a.id == CpuId{0}) < std::pair(!b.isolated, b.id == CpuId{0});
    });
    std::set<int> cores;
    for (const Cpu& cpu : order_) {
      if (!cores.insert(core_of(cpu)).second) {
        siblings_.insert(cpu.id);
      } else if (!on_core_of_cpu0(cpu)) {
        ++room_[{Level::cache, cpu.cache}];
        ++room_[{Level::node, cpu.node}];
      }
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](const Cpu& a, const Cpu& b) { return rank(a) < rank(b); });
  }

  /// The best set of `threads` CPUs, of those within one cache, one node, one package, and of all.
  [[nodiscard]] Cpus choose(std::size_t threads) const {
    Cpus best = first(threads, [](const Cpu&) { return true; });
    std::set<std::pair<Level, int>> tried;
    for (const Cpu& lead : order_) {
      for (const auto& [level, part] :
           {std::pair(Level::cache, &Cpu::cache), std::pair(Level::node, &Cpu::node),
            std::pair(Level::package, &Cpu::package)}) {
        if (lead.*part < 0 || !tried.insert({level, lead.*part}).second) continue;
        Cpus candidate =
            first(threads, [&, part = part](const Cpu& cpu) { return cpu.*part == lead.*part; });
        if (candidate.size() == threads && score(candidate) < score(best)) {
          best = std::move(candidate);
        }
      }
    }
    return best;
  }

  /// The best two of each distance.
  [[nodiscard]] std::map<Relation, std::pair<CpuId, CpuId>> pairs() const {
    std::map<Relation, std::pair<CpuId, CpuId>> found;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      for (std::size_t j = i; j < order_.size(); ++j) {
        found.try_emplace(relation(order_[i], order_[j]), order_[i].id, order_[j].id);
      }
    }
    return found;
  }

 private:
  enum class Level { cache, node, package };

  [[nodiscard]] int room(Level level, int part) const {
    const auto found = room_.find({level, part});
    return found == room_.end() ? 0 : found->second;
  }

  [[nodiscard]] std::tuple<bool, bool, int, bool, bool, int, int, int, int, CpuId> rank(
      const Cpu& cpu) const {
    return {siblings_.contains(cpu.id),
            !cpu.isolated,
            cpu.speed_class,
            on_core_of_cpu0(cpu),
            cpu.id == CpuId{0},
            -room(Level::node, cpu.node),
            cpu.node,
            -room(Level::cache, cpu.cache),
            cpu.cache,
            cpu.id};
  }

  /// Lower is better. Threads on one core disturb each other more than a far cache does, and a far
  /// cache costs more than a core that is not isolated.
  [[nodiscard]] std::tuple<std::size_t, Relation, std::ptrdiff_t, int, std::ptrdiff_t, int> score(
      const Cpus& cpus) const {
    std::set<int> cores;
    Relation farthest = Relation::same_cpu;
    int slowness = 0;
    for (const Cpu& cpu : cpus) {
      cores.insert(core_of(cpu));
      slowness += cpu.speed_class;
      for (const Cpu& other : cpus) farthest = std::max(farthest, relation(cpu, other));
    }
    return {cpus.size() - cores.size(),
            farthest,
            std::count_if(cpus.begin(), cpus.end(), [](const Cpu& cpu) { return !cpu.isolated; }),
            slowness,
            std::count_if(cpus.begin(), cpus.end(), on_core_of_cpu0),
            -room(Level::cache, cpus.front().cache)};
  }

  template <typename Predicate>
  [[nodiscard]] Cpus first(std::size_t threads, Predicate belongs) const {
    Cpus cpus;
    for (const Cpu& cpu : order_) {
      if (cpus.size() < threads && belongs(cpu)) cpus.push_back(cpu);
    }
    return cpus;
  }

  /// The best first, those of a NUMA node and of a cache side by side.
  Cpus order_;
  std::set<CpuId> siblings_;
  /// Physical cores but that of cpu 0, by cache and by node.
  std::map<std::pair<Level, int>, int> room_;
};

CpuList ids(const Cpus& cpus) {
  CpuList list;
  for (const Cpu& cpu : cpus) list.push_back(cpu.id);
  return list;
}

void check_usable(const Topology& topology, CpuId cpu) {
  if (topology.find(cpu) != nullptr) return;
  const auto in = [&](const CpuList& list) {
    return std::find(list.begin(), list.end(), cpu) != list.end();
  };
  const char* why = !in(topology.present)  ? "does not exist on this machine"
                    : !in(topology.online) ? "is offline"
                                           : "lies outside this process's affinity mask or cpuset";
  throw SetupError(fmt::format("run.cores: cpu {} {}; usable are {}", index(cpu), why,
                               cpu_ranges(topology.usable())));
}

/// The cores of the user's list that `threads` threads take, checked.
CpuList check_choice(const Topology& topology, const CpuList& listed, std::size_t threads,
                     bool may_share) {
  for (const CpuId cpu : listed) check_usable(topology, cpu);
  CpuList taken(listed.begin(),
                listed.begin() + static_cast<std::ptrdiff_t>(std::min(threads, listed.size())));
  if (may_share) return taken;
  if (taken.size() < threads) {
    throw SetupError(
        fmt::format("run.cores lists {} core{} and the scenario has {} spinning threads; list one "
                    "core per thread (producers first), or write wait = \"yield\", wait = \"park\" "
                    "or oversubscribe = true",
                    taken.size(), taken.size() == 1 ? "" : "s", threads));
  }
  std::set<CpuId> unique;
  for (const CpuId cpu : taken) {
    if (unique.insert(cpu).second) continue;
    throw SetupError(
        fmt::format("run.cores lists cpu {} twice; give every spinning thread a core of its own, "
                    "or write wait = \"yield\", wait = \"park\" or oversubscribe = true",
                    index(cpu)));
  }
  return taken;
}

/// The cores of the server. Those it takes from the chosen ones are taken off `cores`.
CpuList take_server_cores(const Topology& topology, CpuList& cores, const CoreChoice& choice,
                          std::size_t threads) {
  if (choice.automatic()) {
    const CpuList last{cores.back()};
    if (cores.size() > 1) cores.pop_back();
    return last;
  }
  CpuList rest;
  for (std::size_t i = threads; i < choice.cores.size(); ++i) {
    check_usable(topology, choice.cores[i]);
    rest.push_back(choice.cores[i]);
  }
  if (!rest.empty()) return rest;
  for (const Cpu& cpu : topology.cpus) {
    if (std::find(cores.begin(), cores.end(), cpu.id) == cores.end()) rest.push_back(cpu.id);
  }
  if (rest.empty()) rest = ids(topology.cpus);
  return rest;
}

/// Thread i on core i, and from the first core again where there are fewer.
CpuList deal(const CpuList& cores, std::size_t threads) {
  CpuList dealt;
  for (std::size_t i = 0; i < threads; ++i) dealt.push_back(cores[i % cores.size()]);
  return dealt;
}

std::string explain(const Topology& topology, const Placement& placement) {
  auto farthest = Relation::same_cpu;
  bool siblings = false;
  bool mixed = false;
  std::set<CpuId> isolated;
  const std::set<CpuId> used(placement.cpus.begin(), placement.cpus.end());
  for (const CpuId id : used) {
    const Cpu& cpu = *topology.find(id);
    if (cpu.isolated) isolated.insert(id);
    for (const CpuId other_id : used) {
      const Cpu& other = *topology.find(other_id);
      farthest = std::max(farthest, relation(cpu, other));
      siblings = siblings || relation(cpu, other) == Relation::smt_sibling;
      mixed = mixed || cpu.speed_class != other.speed_class;
    }
  }
  std::string text(to_string(farthest));
  if (siblings && farthest != Relation::smt_sibling) text += ", SMT siblings among them";
  if (isolated.size() == used.size()) {
    text += ", isolated";
  } else if (!isolated.empty()) {
    text += fmt::format(", {} of {} isolated", isolated.size(), used.size());
  }
  if (mixed) text += ", cores of unequal speed";
  if (placement.shared) text += ", threads share cores";
  return text;
}

/// As a part of a scenario's name.
std::string distance_name(Relation relation) {
  switch (relation) {
    case Relation::same_cpu: return "same-core";
    case Relation::smt_sibling: return "smt-sibling";
    case Relation::same_cache: return "same-cache";
    case Relation::same_node: return "same-node";
    case Relation::same_package: return "same-package";
    case Relation::other_node: return "other-node";
    case Relation::other_package: return "other-package";
    case Relation::unknown: break;
  }
  return "unknown";
}

std::string count_text(std::uint32_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

Placement place(const Topology& topology, const Scenario& scenario, const CoreChoice& choice,
                bool with_server) {
  if (topology.cpus.empty()) throw SetupError("no CPU can be used: the kernel names none");
  if (with_server && scenario.layout != Layout::automatic) {
    Placement placement = place(topology, scenario, choice, false);
    placement.server = scenario.layout == Layout::with_producer   ? CpuList{placement.cpus.front()}
                       : scenario.layout == Layout::with_consumer ? CpuList{placement.cpus.back()}
                                                                  : ids(topology.cpus);
    return placement;
  }
  const std::size_t threads = scenario.threads();
  const bool spins = scenario.wait == WaitStrategy::spin;
  // Threads that yield or sleep may share cores; threads that spin would only fight for them.
  const bool may_share = !spins || scenario.oversubscribe;

  const bool automatic_server = with_server && choice.automatic();
  // Where the server takes one of the last cores the threads move together, as they never do
  // without being told otherwise.
  const bool cramped = automatic_server && topology.cpus.size() <= threads;
  if (choice.automatic() && topology.cpus.size() < threads && !may_share) {
    throw SetupError(fmt::format(
        "scenario {}: {} spinning threads ({} + {}) on {} usable cores; use fewer threads, "
        "wait = \"yield\" or \"park\", or oversubscribe = true",
        scenario.name, threads, count_text(scenario.producers, "producer"),
        count_text(scenario.consumers, "consumer"), topology.cpus.size()));
  }
  const std::size_t wanted = threads + (automatic_server ? 1 : 0);
  CpuList cores = choice.automatic()
                      ? ids(Preference(topology).choose(std::min(wanted, topology.cpus.size())))
                      : check_choice(topology, choice.cores, threads, may_share);
  Placement placement;
  if (with_server) placement.server = take_server_cores(topology, cores, choice, threads);
  placement.producers = scenario.producers;
  placement.cpus = deal(cores, threads);
  placement.shared = std::set<CpuId>(placement.cpus.begin(), placement.cpus.end()).size() < threads;
  placement.degraded_wait = placement.shared && spins;
  placement.reason = explain(topology, placement);
  if (cramped) placement.reason += " to leave the server a core";
  return placement;
}

std::vector<SweptPlacement> place_each_distance(const Topology& topology, const Scenario& scenario,
                                                bool with_server) {
  if (scenario.producers != 1 || scenario.consumers != 1) {
    throw SetupError(fmt::format(
        "scenario {}: run.cores = \"sweep\" compares two cores, and this scenario has {} and {}; "
        "write one of each, or run.cores = \"auto\"",
        scenario.name, count_text(scenario.producers, "producer"),
        count_text(scenario.consumers, "consumer")));
  }
  std::vector<SweptPlacement> swept;
  for (const auto& [relation, pair] : Preference(topology).pairs()) {
    Scenario one = scenario;
    CoreChoice choice{.cores = {pair.first, pair.second}, .sweep = false};
    if (relation == Relation::same_cpu) {
      choice.cores.pop_back();
      one.oversubscribe = true;
    }
    swept.push_back({distance_name(relation), place(topology, one, choice, with_server)});
  }
  return swept;
}

}  // namespace busmark
