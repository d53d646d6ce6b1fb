// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/fault_result.hpp"

namespace busmark {

struct RepetitionPlan;
struct RawRepetition;

/// Adds up the books of a repetition in which one was made. Pure.
[[nodiscard]] FaultResult assemble_fault(const RepetitionPlan& plan, const RawRepetition& raw);

}  // namespace busmark
