// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// The users of a scenario; empty without. `used` are indices of its repetitions. Pure.
[[nodiscard]] std::optional<UsersSummary> summarise_users(const ScenarioResult& result,
                                                          const std::vector<std::uint32_t>& used);

}  // namespace busmark
