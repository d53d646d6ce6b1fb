// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// Empty for a scenario with one receiver. `used`: indices of repetitions, not empty. Pure.
[[nodiscard]] std::optional<ReceiversSummary> summarise_receivers(
    const ScenarioResult& result, const std::vector<std::uint32_t>& used);

}  // namespace busmark
