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

/// The CPUs that this process may use now: online and inside its cpuset.
struct Topology {
  std::vector<Cpu> cpus;  ///< Of its affinity mask, which is what it is to use; ascending by id.
  std::vector<Cpu> beyond{};   ///< Outside of the mask: the kernel would let it pin a thread there.
  std::vector<CpuId> present;  ///< All CPUs of the machine, usable or not.
  std::vector<CpuId> online;

  /// Of both kinds; null where it cannot be used.
  [[nodiscard]] const Cpu* find(CpuId id) const noexcept;
  /// Ids of both kinds, ascending.
  [[nodiscard]] std::vector<CpuId> usable() const;
};

}  // namespace busmark
