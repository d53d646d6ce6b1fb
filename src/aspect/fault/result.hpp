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

/// When a fault was made and undone, as it came. Ticks.
struct FaultTimes {
  std::int64_t begun = 0;
  std::int64_t over = 0;  ///< When undoing it began.
};

/// Adds it up. Pure.
[[nodiscard]] FaultResult assemble_fault(const RepetitionPlan& plan, const RawRepetition& raw);

}  // namespace busmark
