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

/// A config as it is handed on, to agents or to the run that takes up this one: the text of the
/// file and what the command line adds to it. Empty texts: not given.
struct PlanText {
  std::string file_name;
  std::string text;
  std::vector<std::string> set{};
  std::string only{};
  std::vector<std::string> tags{};
  std::vector<std::string> with{};
  std::vector<std::string> without{};
  std::vector<std::string> plugins{};
  bool quick = false;
  std::string until{};
  std::string at_most{};

  bool operator==(const PlanText&) const = default;
};

}  // namespace busmark
