// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "record/plan.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// Why `config` cannot be measured by agents; throws SetupError with the cure.
void check_agents_plan(const RunConfig& config, const PlanText& plan);

/// What agent `index` of `agents` measures: the same scenarios, a share of the rate, random numbers
/// of its own, the server at `server`.
[[nodiscard]] RunConfig share_of_agent(RunConfig config, std::uint32_t index, std::uint32_t agents,
                                       const std::string& server);

}  // namespace busmark
