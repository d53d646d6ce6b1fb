// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

/// The chosen cores that the kernel describes.
std::vector<Cpu> known_cores(const Examination& machine) {
  std::vector<Cpu> cpus;
  for (const CpuId core : machine.cores) {
    if (const Cpu* cpu = machine.topology.find(core)) cpus.push_back(*cpu);
  }
  return cpus;
}

Outcome online(const Examination& machine) {
  const std::string path = "sys/devices/system/cpu/online";
  if (!machine.first.cpus(path)) return unknown(machine, path);
  const CpuList off = without(machine.cores, machine.topology.online);
  if (off.empty()) return ok(cpus_text(machine.topology.online) + " online");
  Cure cure;
  for (const CpuId cpu : off) cure = cure + Cure{{"echo 1 > /" + cpu_file(cpu, "online")}};
  return fail(cpus_text(off) + " offline", std::move(cure));
}

Outcome helpers(const Examination& machine) {
  const CpuList rest = machine.housekeeping();
  if (rest.empty()) {
    return warn(
        "every online cpu is chosen",
        {{"choose fewer cores, so that the main thread, the kernel and everything else have "
          "a place"}});
  }
  CpuList elsewhere;
  CpuList crowded;
  for (const Cpu& cpu : machine.topology.cpus) {
    if (contains(rest, cpu.id)) elsewhere.push_back(cpu.id);
    if (cpu.isolated) crowded.push_back(cpu.id);
  }
  // Without load balancing all threads of an inherited mask stay on its first core.
  if (crowded.size() > 1 && crowded.size() == machine.topology.cpus.size()) {
    return warn(fmt::format("the mask holds isolated cores only ({})", format_cpu_list(crowded)),
                {{"leave a housekeeping core in the mask: threads that are not pinned one by one "
                  "all run on the first isolated core",
                  fmt::format("taskset -c {},{} busmark ...", format_cpu_list(rest),
                              format_cpu_list(machine.cores))}});
  }
  if (elsewhere.empty()) {
    return warn("the mask holds the chosen cores only",
                {{fmt::format("taskset -c {},{} busmark ...", index(rest.front()),
                              format_cpu_list(machine.cores))}});
  }
  return ok(cpus_text(elsewhere) + " left for helpers");
}

Outcome smt(const Examination& machine) {
  CpuList siblings_of_chosen;
  std::vector<CpuList> doubled;
  bool known = false;
  for (const CpuId core : machine.cores) {
    const auto siblings = machine.first.cpus(cpu_file(core, "topology/thread_siblings_list"));
    if (!siblings) continue;
    known = true;
    const CpuList others = common(without(*siblings, {core}), machine.topology.online);
    const CpuList both = common(others, machine.cores);
    if (!both.empty() && core < both.front()) doubled.push_back(common(*siblings, machine.cores));
    for (const CpuId other : without(others, machine.cores)) siblings_of_chosen.push_back(other);
  }
  if (!known)
    return unknown(machine, cpu_file(machine.cores.empty() ? CpuId{0} : machine.cores.front(),
                                     "topology/thread_siblings_list"));
  std::sort(siblings_of_chosen.begin(), siblings_of_chosen.end());
  if (!doubled.empty()) {
    return fail(fmt::format("{} are one core", cpus_text(doubled.front())),
                {{"choose one CPU of each core; lscpu -e shows which belong together"}});
  }
  if (siblings_of_chosen.empty()) return ok("no sibling thread online");
  const std::string found = "open to other work: " + cpus_text(siblings_of_chosen);
  Cure cure = write_cpu_files(machine, siblings_of_chosen, "online", "0");
  if (cure.undo.empty())
    cure.undo = write_cpu_files(machine, siblings_of_chosen, "online", "1").fix;
  return warn(found, std::move(cure));
}

Outcome core_class(const Examination& machine) {
  const auto cpus = known_cores(machine);
  if (cpus.size() < machine.cores.size()) return unknown("some chosen core cannot be used");
  std::map<int, CpuList> classes;
  for (const Cpu& cpu : cpus) classes[cpu.speed_class].push_back(cpu.id);
  CpuList fastest;
  for (const Cpu& cpu : machine.topology.cpus) {
    if (cpu.speed_class == 0) fastest.push_back(cpu.id);
  }
  const Cure cure{{"choose from the fast cores: " + format_cpu_list(fastest)}};
  if (classes.size() > 1) {
    std::string found;
    for (const auto& [speed, those] : classes) {
      found += fmt::format("{}{} of class {}", found.empty() ? "" : ", ", cpus_text(those), speed);
    }
    return warn(found, cure);
  }
  if (!classes.empty() && classes.begin()->first != 0) {
    return note("slow cores, all of one class", cure);
  }
  return ok("equal, of the fastest class that the kernel names");
}

Outcome shared_cache(const Examination& machine) {
  const auto cpus = known_cores(machine);
  std::set<int> domains;
  for (const Cpu& cpu : cpus) domains.insert(cpu.cache);
  if (cpus.empty() || domains.contains(-1))
    return unknown("the kernel does not describe the caches");
  CpuList same;
  for (const Cpu& cpu : machine.topology.cpus) {
    if (cpu.cache == cpus.front().cache) same.push_back(cpu.id);
  }
  if (domains.size() == 1) return ok("one last-level cache, that of " + cpus_text(same));
  return warn(fmt::format("{} last-level caches", domains.size()),
              {{"choose cores of one cache, such as " + format_cpu_list(same)}});
}

/// Whether two measured cores are further apart than the kernel says.
bool further_than_claimed(const Examination& machine, const Witness& pair) {
  const Cpu* from = machine.topology.find(pair.from);
  const Cpu* to = machine.topology.find(pair.to);
  if (from == nullptr || to == nullptr) return false;
  const Relation claimed = relation(*from, *to);
  const bool one_cache = claimed == Relation::smt_sibling || claimed == Relation::same_cache;
  return one_cache && pair.distance() == Distance::far;
}

Outcome measured_distance(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  const auto& before = machine.measured->before;
  const auto& after = machine.measured->after;
  if (before.empty() || before.size() != after.size()) {
    return unknown("it takes two cores that can be used");
  }
  const Cure cure{
      {"bare metal, or virtual CPUs pinned by the host (virsh vcpupin); until then "
       "compare only results of one witness class"}};
  std::string found;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string pair =
        fmt::format("cpu {} to {}: {:.0f} ns one way ({})", index(before[i].from),
                    index(before[i].to), before[i].one_way_ns, to_string(before[i].distance()));
    if (moved(before[i], after[i])) {
      return fail(fmt::format("{}, then {:.0f} ns ({})", pair, after[i].one_way_ns,
                              to_string(after[i].distance())),
                  cure);
    }
    if (further_than_claimed(machine, before[i])) {
      return fail(pair + ", though the kernel says they share a cache", cure);
    }
    found += (found.empty() ? "" : "; ") + pair;
  }
  return ok(found);
}

Outcome numa(const Examination& machine) {
  const auto cpus = known_cores(machine);
  std::set<int> nodes;
  for (const Cpu& cpu : cpus) nodes.insert(cpu.node);
  if (cpus.empty() || nodes.contains(-1)) {
    return unknown(machine, "sys/devices/system/node/node0/cpulist");
  }
  const std::string& maps = machine.first.file("proc/self/numa_maps").text;
  const bool bound = maps.find(" bind:") != std::string::npos ||
                     maps.find(" interleave:") != std::string::npos ||
                     maps.find(" prefer") != std::string::npos;
  std::string found;
  for (const int node : nodes) found += fmt::format("{}{}", found.empty() ? "node " : ", ", node);
  if (bound) found += ", memory policy set";
  if (nodes.size() == 1) return ok(found);
  const auto distance =
      machine.first.line(fmt::format("sys/devices/system/node/node{}/distance", *nodes.begin()));
  return warn(
      fmt::format(
          "nodes {}{}", found.substr(5),
          distance ? fmt::format(" (distances of node {}: {})", *nodes.begin(), *distance) : ""),
      {{"choose cores of one node",
        fmt::format("numactl -N {0} -m {0} busmark ...", *nodes.begin())}});
}

Outcome first_cpu(const Examination& machine) {
  if (!contains(machine.cores, CpuId{0})) return ok("not chosen");
  if (machine.topology.cpus.size() <= machine.cores.size()) {
    return note("chosen, as no other is left");
  }
  return note("chosen",
              {{"choose another: cpu 0 serves time, interrupts and work for the others"}});
}

constexpr std::array kCoresChecks{
    Check{"online", FindingLevel::fail, "every chosen core",
          "A core that is offline cannot run a thread.", online},
    Check{"helpers", FindingLevel::warn, "a core besides the chosen ones in the mask",
          "Main thread, reporter and everything else on the machine must run somewhere; if not "
          "elsewhere, then in front of a measured thread.",
          helpers},
    Check{"smt-siblings", FindingLevel::fail,
          "one chosen CPU per core, its sibling offline or idle",
          "Two threads of one core share its units and caches: what the sibling does slows the "
          "measured thread.",
          smt},
    Check{"core-class", FindingLevel::warn, "chosen cores of one class, the fastest",
          "Unequal cores make unequal ends: the slow one decides.", core_class},
    Check{"shared-cache", FindingLevel::warn, "one last-level cache",
          "Within one cache a line took 27 ns one way, from one to another 105 ns (EPYC guest).",
          shared_cache},
    Check{"measured-distance", FindingLevel::fail, "as near as the kernel says, and unmoved",
          "A hypervisor moves virtual CPUs between hosts' cores while the topology stays the same: "
          "one pair measured 11, 27 and 109 ns within minutes.",
          measured_distance},
    Check{"numa-nodes", FindingLevel::warn, "one node",
          "Memory and cache lines of another node cost an extra trip each.", numa},
    Check{"first-cpu", FindingLevel::note, "cpu 0 not chosen",
          "The kernel keeps work on cpu 0 that it moves nowhere else.", first_cpu},
};

}  // namespace

std::span<const Check> core_checks() noexcept { return kCoresChecks; }

}  // namespace busmark
