// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "toml/keys.hpp"

namespace busmark {

/// `stages`.
[[nodiscard]] ScenarioKey stages_key() noexcept;

/// Brings the stages of a scenario, its duration and its interval into agreement, as docs/config.md
/// has it, and reports what the scenario does not allow. `layers` are those it was read from, the
/// command line's last.
void settle_stages(const std::vector<const Layer*>& layers, Scenario& scenario, Problems& problems);

/// The same after every stage was made longer or shorter.
void settle_lengths(Scenario& scenario);

// As Aspect has them.
[[nodiscard]] std::optional<std::string> stages_unshared(const Scenario& scenario);

}  // namespace busmark
