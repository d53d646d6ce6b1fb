// SPDX-License-Identifier: Apache-2.0
#include "machine/examination.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <fmt/core.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"
#include "plan/placement.hpp"

namespace busmark {
namespace {

using CpuList = std::vector<CpuId>;

bool contains(const CpuList& list, CpuId cpu) {
  return std::binary_search(list.begin(), list.end(), cpu);
}

/// Name in the hypervisor's CPUID leaf (Linux Documentation/virt/kvm/x86/cpuid.rst).
std::string hypervisor_name() {
#if defined(__x86_64__)
  unsigned int a = 0;
  unsigned int b = 0;
  unsigned int c = 0;
  unsigned int d = 0;
  constexpr unsigned int kHypervisorBit = 1U << 31;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kHypervisorBit) == 0) return {};
  __cpuid(0x40000000, a, b, c, d);
  char name[13]{};
  std::memcpy(name, &b, 4);
  std::memcpy(name + 4, &c, 4);
  std::memcpy(name + 8, &d, 4);
  const std::string text(name);
  return text == "KVMKVMKVM" ? "KVM" : text;
#else
  return {};
#endif
}

CpuList chosen_cores(const ExaminationOptions& options, const Topology& topology) {
  CpuList cores = options.cores;
  if (cores.empty()) {
    Scenario scenario;
    scenario.producers = 1;
    scenario.consumers = 1;
    scenario.oversubscribe = true;
    cores = topology.cpus.empty() ? CpuList{} : place(topology, scenario, {}).cpus;
  }
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  for (const CpuId core : cores) {
    if (!topology.present.empty() && !contains(topology.present, core)) {
      throw SetupError(fmt::format("--cores: there is no cpu {}; this machine has {}", index(core),
                                   format_cpu_list(topology.present)));
    }
  }
  return cores;
}

/// Empty when a core is lost meanwhile: an orchestrator may have rewritten the cpuset.
std::vector<Witness> witnesses(const Clock& clock, const CpuList& cores) {
  std::vector<Witness> result;
  try {
    for (std::size_t i = 1; i < cores.size() && i <= kWitnessPairs; ++i) {
      result.push_back(measure_witness(clock, cores.front(), cores[i]));
    }
  } catch (const SetupError&) {
    result.clear();
  }
  return result;
}

/// Four times the last-level cache, so that few loads hit it, within reason.
ByteCount chase_size(const Topology& topology) {
  constexpr std::uint64_t kMiB = 1 << 20;
  const auto path = fmt::format("/sys/devices/system/cpu/cpu{}/cache/index3/size",
                                topology.cpus.empty() ? 0 : index(topology.cpus.front().id));
  const KernelFile file = read_kernel_file(path, 64);
  const std::uint64_t cache = std::strtoull(file.text.c_str(), nullptr, 10) * 1024;
  return {std::clamp<std::uint64_t>(4 * cache, 64 * kMiB, 256 * kMiB)};
}

/// Spins on the chosen cores that this process may use, from outside of them where it can.
void measure(const ExaminationOptions& options, Examination& examination,
             const std::vector<std::string>& counters) {
  CpuList usable;
  for (const CpuId core : examination.cores) {
    if (examination.topology.find(core) != nullptr) usable.push_back(core);
  }
  const AffinityGuard affinity;
  CpuList elsewhere;
  for (const Cpu& cpu : examination.topology.cpus) {
    if (!contains(examination.cores, cpu.id)) elsewhere.push_back(cpu.id);
  }
  if (!elsewhere.empty()) pin_this_thread(elsewhere);

  const Clock clock = Clock::calibrate();
  Measurements measured;
  measured.clock = clock.info();
  measured.hypervisor = hypervisor_name();
  measured.before = witnesses(clock, usable);
  // Again, as what was read first is older than the calibration.
  const KernelSnapshot before(options.root, counters);
  const std::int64_t start = clock.now();
  measured.cores = spin_probe(clock, usable, options.probe);
  examination.between = clock.duration(clock.now() - start);
  examination.later.emplace(options.root, counters);
  examination.first.update(before);
  measured.after = witnesses(clock, usable);
  measured.memory_size = chase_size(examination.topology);
  measured.memory_ns = memory_latency_ns(clock, measured.memory_size);
  examination.measured = std::move(measured);
}

std::optional<double> uptime_seconds(const KernelSnapshot& snapshot) {
  const auto line = snapshot.line("proc/uptime");
  if (!line) return std::nullopt;
  char* end = nullptr;
  const double seconds = std::strtod(line->c_str(), &end);
  constexpr double kLongest = 1e9;  // 30 years
  if (end == line->c_str() || !(seconds >= 0 && seconds < kLongest)) return std::nullopt;
  return seconds;
}

/// A tree may have been recorded twice.
void read_later(const ExaminationOptions& options, Examination& examination,
                const std::vector<std::string>& counters) {
  KernelSnapshot later(options.root / "after", counters);
  const auto start = uptime_seconds(examination.first);
  const auto end = uptime_seconds(later);
  if (!start || !end || *end <= *start) return;
  examination.between =
      std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(*end - *start));
  examination.later = std::move(later);
}

}  // namespace

std::vector<CpuId> Examination::housekeeping() const {
  CpuList rest;
  std::set_difference(topology.online.begin(), topology.online.end(), cores.begin(), cores.end(),
                      std::back_inserter(rest));
  return rest;
}

Examination examine(const ExaminationOptions& options) {
  Examination examination;
  examination.build = build_info();
  examination.sleeps = options.sleeps;
  examination.realtime = options.realtime;
  examination.topology = read_topology(options.root);
  examination.cores = chosen_cores(options, examination.topology);

  const KernelFile own = read_kernel_file(options.root / "proc/self/cgroup", 1 << 16);
  const auto cgroups = cgroup_folders(own.text);
  examination.first = KernelSnapshot(options.root, examined_files(cgroups));
  if (options.root != "/") {
    examination.not_measured = "a recorded tree cannot be measured";
    read_later(options, examination, examined_counters(cgroups));
  } else if (options.probe.count() == 0) {
    examination.not_measured = "nothing is measured with --probe 0s";
  } else {
    measure(options, examination, examined_counters(cgroups));
  }
  return examination;
}

void examine_again(Examination& examination, Nanoseconds between) {
  const KernelFile own = read_kernel_file("/proc/self/cgroup", 1 << 16);
  examination.later.emplace("/", examined_counters(cgroup_folders(own.text)));
  examination.between = between;
}

}  // namespace busmark
