// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// Merges the undisturbed, complete repetitions (all of them where there is none). Pure.
[[nodiscard]] ScenarioSummary summarise(const ScenarioResult& result);

}  // namespace busmark
