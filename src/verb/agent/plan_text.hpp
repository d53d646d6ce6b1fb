// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/selection.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// A config as an agent needs it: the text of the file and what the command line adds.
struct PlanText {
  std::string file_name;
  std::string text;
  std::vector<std::string> set;
  Selection select;
  bool quick = false;
};

/// Reads it as `busmark run` does. Throws ConfigError.
[[nodiscard]] RunConfig read_plan_text(const PlanText& plan);

/// Why `config` cannot be measured by agents; throws SetupError with the cure.
void check_agents_plan(const RunConfig& config, const PlanText& plan);

/// What agent `index` of `agents` measures: the same scenarios, a share of the rate, random numbers
/// of its own, the server at `server`.
[[nodiscard]] RunConfig share_of_agent(RunConfig config, std::uint32_t index, std::uint32_t agents,
                                       const std::string& server);

}  // namespace busmark
