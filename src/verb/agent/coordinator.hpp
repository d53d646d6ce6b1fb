// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/phase.hpp"
#include "record/repetition.hpp"
#include "record/run_result.hpp"
#include "verb/agent/agent.hpp"
#include "verb/agent/share.hpp"

namespace busmark {

struct CoordinatorOptions {
  std::vector<std::string> servers;  ///< URLs of one cluster; may hold secrets.
  std::uint32_t agents = 1;
  Nanoseconds search = std::chrono::seconds(10);  ///< Longest wait for so many agents.
  Nanoseconds silence = std::chrono::seconds(3);  ///< An agent that says nothing so long is dead.
  std::function<void(const std::string&)> say{};  ///< How far it is, a line each.
};

/// A run of several machines: their parts merged, and each one's own files.
struct AgentsRun {
  struct Files {
    std::string agent;
    AgentFiles files;
  };
  RunResult result;
  std::vector<Files> files;  ///< Of those that could still hand them over.
};

/// Finds agents, measures every repetition on all of them at once and merges what they bring. The
/// messages go from each agent through the server back to itself, so that every latency is taken
/// by one clock. An agent that fails ends the run: what is known is returned, with the reason among
/// the faults of its scenario. Throws SetupError where nothing could be started.
[[nodiscard]] AgentsRun run_on_agents(const RunConfig& config, const PlanText& plan,
                                      const CoordinatorOptions& options, const StopFlag& stop);

}  // namespace busmark
