// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "toml/keys.hpp"

namespace busmark {

/// `users` and `think`.
[[nodiscard]] ScenarioKey users_key() noexcept;
[[nodiscard]] ScenarioKey think_key() noexcept;

/// Lets the later of `users` and `load` win, as docs/config.md has it.
void settle_users(const std::vector<const Layer*>& layers, Scenario& scenario, Problems& problems);

/// Why there can be no users in this scenario, as one sentence; empty when there can.
[[nodiscard]] std::optional<std::string> check_users(const Scenario& scenario);

// As Aspect has them.
[[nodiscard]] std::optional<std::string> users_unshared(const Scenario& scenario);

}  // namespace busmark
