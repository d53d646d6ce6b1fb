// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"
#include "stat/statistics.hpp"

namespace busmark {

/// Of the repetitions `used`; empty where any of them has no such figures. Pure.
[[nodiscard]] std::optional<CpuOverhead> summarise_cpu(const ScenarioResult& result,
                                                       const std::vector<std::uint32_t>& used);

}  // namespace busmark
