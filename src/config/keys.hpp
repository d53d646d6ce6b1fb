// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "toml/keys.hpp"

namespace busmark {

/// Keys of a scenario, in the order of sweeping. Those of an aspect are rows of its own.
[[nodiscard]] std::span<const ScenarioKey> scenario_keys() noexcept;
/// Without `warmup` and `duration`, which are keys of scenarios that [run] may preset.
[[nodiscard]] std::span<const RunKey> run_keys() noexcept;

/// What a result keeps of a scenario's keys.
[[nodiscard]] std::vector<StoredParameter> parameters_of(const Scenario& scenario);

}  // namespace busmark
