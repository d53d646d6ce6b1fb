// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "record/repetition.hpp"

namespace busmark {

/// A part and whose it is.
struct AgentPart {
  std::string agent;
  RepetitionResult result;
};

/// Several agents' parts of one repetition as one: counts, histograms and rates are added, never
/// averaged; a disturbance of one disturbs all. `parts` may be some of those there should be.
[[nodiscard]] RepetitionResult merge_parts(std::span<const AgentPart> parts);

}  // namespace busmark
