// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// One logical CPU as the kernel describes it. -1 means that the kernel does not tell.
struct Cpu {
  CpuId id{};
  int core = -1;  ///< Physical core: CPUs with the same package and core are SMT siblings.
  int package = -1;
  int cache = -1;         ///< Domain of the last-level cache: the lowest CPU that shares it.
  int node = -1;          ///< NUMA node.
  bool isolated = false;  ///< isolcpus or an isolated cpuset partition.
  int speed_class = 0;    ///< 0 is the fastest; no core of a class is over 15 % behind its best.
};

/// The CPUs that this process may use now: online and inside its affinity mask and cpuset.
struct Topology {
  std::vector<Cpu> cpus;       ///< Ascending by id.
  std::vector<CpuId> present;  ///< All CPUs of the machine, usable or not.
  std::vector<CpuId> online;

  [[nodiscard]] const Cpu* find(CpuId id) const noexcept;
};

}  // namespace busmark
