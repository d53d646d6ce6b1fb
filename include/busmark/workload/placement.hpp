// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/core/topology.hpp"
#include "busmark/workload/scenario.hpp"

namespace busmark {

/// Which core serves which role.
struct Placement {
  std::uint32_t producers = 0;
  std::vector<CpuId> cpus;     ///< Producers first, then consumers.
  bool shared = false;         ///< Some core serves more than one thread.
  bool degraded_wait = false;  ///< Spinning threads share cores: they must yield instead.
  std::string reason;          ///< `SMT-free, same last-level cache, cpu 0 avoided`.
};

/// Chooses a core for every thread of the scenario: distinct physical cores under one last-level
/// cache, isolated ones first, slower cores, SMT siblings and cpu 0 last; or the cores the user
/// listed, checked. Throws SetupError when they do not suffice or cannot be used, with the remedy.
/// Pure.
[[nodiscard]] Placement place(const Topology& topology, const Scenario& scenario,
                              const CoreChoice& choice);

/// `producers on cpu 2, consumers on cpu 3 (same last-level cache)`.
[[nodiscard]] std::string describe(const Placement& placement);

}  // namespace busmark
