// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "base/cpu_ranges.hpp"
#include "record/topology.hpp"

namespace busmark {

/// Reads /sys and /proc below `root`; a recorded tree of another machine is read the same way. What
/// is absent is unknown, never an error. The real root's affinity mask is asked of the kernel.
/// Source: Linux ABI documents sysfs-devices-system-cpu and -node, cgroups(7), proc(5).
[[nodiscard]] Topology read_topology(const std::filesystem::path& root = "/");

/// How two CPUs are related by the kernel's word, nearest first. A hypervisor may make it untrue:
/// the engine's witness measures.
enum class Relation {
  same_cpu,
  smt_sibling,
  same_cache,
  same_node,
  same_package,  ///< And the kernel tells nothing of NUMA nodes.
  other_node,    ///< Of one package, or of packages unknown.
  other_package,
  unknown,
};
[[nodiscard]] std::string_view to_string(Relation relation) noexcept;
[[nodiscard]] Relation relation(const Cpu& a, const Cpu& b) noexcept;

/// Checks a list of cores against what the process may use: `flag` is where it stands. Throws
/// ConfigError for a core that is listed twice or cannot be had, with those that can.
void check_cores(const std::vector<CpuId>& cores, const Topology& topology, std::string_view flag);

}  // namespace busmark
