// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "record/repetition.hpp"
#include "record/run_result.hpp"

namespace busmark {

/// What an agent tells of itself when it has taken a plan: of `result` machine, clock and own cost.
[[nodiscard]] std::string write_agent_head(const RunResult& result);
/// Throws SetupError for anything else.
void read_agent_head(std::string_view text, RunResult& result);

/// One repetition of one agent: histograms in the V2 encoding with their exact extremes, counts,
/// pacing, resources, connections. Not in it: the single receivers and library threads, which stay
/// in the agent's own result.
[[nodiscard]] std::string write_part(const RepetitionResult& result);
/// The inverse. Throws SetupError for anything else.
[[nodiscard]] RepetitionResult read_part(std::string_view text);

/// A part and whose it is.
struct AgentPart {
  std::string agent;
  RepetitionResult result;
};

/// Several agents' parts of one repetition as one: counts, histograms and rates are added, never
/// averaged; a disturbance of one disturbs all. `parts` may be some of those there should be.
[[nodiscard]] RepetitionResult merge_parts(std::span<const AgentPart> parts);

}  // namespace busmark
