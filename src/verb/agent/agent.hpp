// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/phase.hpp"
#include "record/repetition.hpp"
#include "record/run_result.hpp"
#include "record/scenario.hpp"

namespace busmark {

struct AgentOptions {
  std::vector<std::string> servers;  ///< URLs of one cluster; may hold secrets.
  std::string name;                  ///< Unique among the agents of a run.
  CoreChoice cores;                  ///< Instead of those of the plan.
};

/// An agent's own files of a run.
struct AgentFiles {
  std::string json;  ///< Its result.json.
  std::string log;   ///< Its result.hlog.
};

/// What an agent needs of the rooms above.
struct AgentHooks {
  /// Stores a finished run. May throw.
  std::function<AgentFiles(const RunResult& result)> deliver;
  std::function<void(const std::string& line)> say;  ///< To its user.
};

/// Serves coordinators, one after the other, until `stop`: takes a plan, measures its share of each
/// repetition from the agreed moment on, hands its part over. Every wait has an end; a coordinator
/// that is silent for a minute is given up. Throws SetupError when no server answers at the start.
void serve_as_agent(const AgentOptions& options, const AgentHooks& hooks, const StopFlag& stop);

}  // namespace busmark
