// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// The rows of a scenario; none without stages. `used` are indices of its repetitions. Pure.
[[nodiscard]] std::vector<StageSummary> summarise_stages(const ScenarioResult& result,
                                                         const std::vector<std::uint32_t>& used);

}  // namespace busmark
