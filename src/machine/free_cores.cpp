// SPDX-License-Identifier: Apache-2.0
#include "machine/free_cores.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "machine/examination.hpp"
#include "machine/kernel_snapshot.hpp"
#include "machine/probe/witness.hpp"

namespace busmark {
namespace {

std::optional<bool> boost(const KernelSnapshot& files) {
  const std::string cpus = "sys/devices/system/cpu/";
  if (const auto off = files.number(cpus + "intel_pstate/no_turbo")) return *off == 0;
  if (const auto on = files.number(cpus + "cpufreq/boost")) return *on != 0;
  return std::nullopt;
}

bool limited(const KernelSnapshot& files, const std::vector<std::string>& groups) {
  return std::ranges::any_of(groups, [&](const std::string& group) {
    // `max` is no number, and version 1 has -1 for it.
    return files.number(group + "/cpu.max").value_or(-1) >= 0 ||
           files.number(group + "/cpu.cfs_quota_us").value_or(-1) >= 0;
  });
}

std::string find_obstacle(const std::filesystem::path& root) {
  constexpr std::size_t kLargest = 4096;
  const std::vector<std::string> groups =
      cgroup_folders(read_kernel_file(root / "proc/self/cgroup", kLargest).text);
  std::vector<std::string> names{"sys/devices/system/cpu/intel_pstate/no_turbo",
                                 "sys/devices/system/cpu/cpufreq/boost"};
  for (const std::string& group : groups) {
    names.push_back(group + "/cpu.max");
    names.push_back(group + "/cpu.cfs_quota_us");
  }
  const KernelSnapshot files(root, names);
  if (limited(files, groups)) return "the CPU quota of its group would be used up sooner";
  if (boost(files).value_or(false)) return "with boost one more busy core may slow the others down";
  return {};
}

/// How little `cpu` has in common with the first measured core; less is better. `zero`: cpu 0.
auto distance_from(const Cpu& first, const Cpu& cpu, const Cpu* zero) {
  const bool with_zero =
      zero != nullptr && relation(cpu, *zero) <= Relation::smt_sibling;  // or cpu 0 itself
  return std::tuple(cpu.isolated != first.isolated, with_zero,
                    static_cast<int>(relation(first, cpu)), cpu.speed_class != first.speed_class,
                    &cpu == zero, index(cpu.id));
}

}  // namespace

FreeCores::FreeCores(const std::filesystem::path& root)
    : topology_(read_topology(root)), obstacle_(find_obstacle(root)) {}

FreeCore FreeCores::beside(const std::vector<CpuId>& measured) const {
  if (!obstacle_.empty()) return {std::nullopt, obstacle_};
  const Cpu* first = measured.empty() ? nullptr : topology_.find(measured.front());
  if (first == nullptr) return {std::nullopt, "nothing is known of the measured cores"};
  bool isolated = false;
  for (const CpuId id : measured) {
    const Cpu* cpu = topology_.find(id);
    isolated = isolated || (cpu != nullptr && cpu->isolated);
  }
  const Cpu* const zero = topology_.find(CpuId{0});
  const Cpu* best = nullptr;
  for (const Cpu& cpu : topology_.cpus) {
    if (cpu.isolated && !isolated) continue;
    const bool entangled = std::ranges::any_of(measured, [&](CpuId id) {
      const Cpu* other = topology_.find(id);
      if (cpu.id == id || other == nullptr) return true;
      return cpu.core < 0 || other->core < 0 || relation(cpu, *other) == Relation::smt_sibling;
    });
    if (entangled) continue;
    if (best == nullptr || distance_from(*first, cpu, zero) < distance_from(*first, *best, zero)) {
      best = &cpu;
    }
  }
  if (best != nullptr) return {best->id, {}};
  return {std::nullopt, "no core is free that shares nothing with the measured ones"};
}

FreeCore keep_apart(FreeCore free, const Clock& clock, const std::vector<CpuId>& measured) {
  if (!free.cpu) return free;
  const std::size_t pairs = std::min(measured.size(), kWitnessPairs);
  try {
    for (std::size_t i = 0; i < pairs; ++i) {
      if (measure_witness(clock, measured[i], *free.cpu).distance() != Distance::close) continue;
      return {std::nullopt, fmt::format("cpu {} is as close to cpu {} as if they shared a core",
                                        index(*free.cpu), index(measured[i]))};
    }
  } catch (const SetupError& error) {
    return {std::nullopt, error.what()};
  }
  return free;
}

}  // namespace busmark
