// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/scenario.hpp"

namespace busmark {

/// Which core serves which role.
struct Placement {
  std::uint32_t producers = 0;
  std::vector<CpuId> cpus;      ///< Producers first, then consumers.
  std::vector<CpuId> server;    ///< Cores of a server beside the process, where there is one.
  bool foreign_server = false;  ///< Those cores are left to a server that is not ours to pin.
  bool shared = false;          ///< Some core serves more than one thread.
  bool degraded_wait = false;   ///< Spinning threads share cores: they must yield instead.
  std::string reason;           ///< `same last-level cache, isolated`.
};

/// `producers on cpu 2, consumers on cpu 3 (same last-level cache)`.
[[nodiscard]] std::string describe(const Placement& placement);

/// A scenario with its cores, resolved and checked before any thread exists.
struct PlannedScenario {
  Scenario scenario;
  Placement placement;
  std::string skipped;    ///< Not empty: will not run, for this reason.
  Nanoseconds planned{};  ///< All repetitions with warm-up.
};

struct RunPlan {
  RunOptions options;
  std::vector<PlannedScenario> scenarios;
  Nanoseconds planned{};
};

}  // namespace busmark
