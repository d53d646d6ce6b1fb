// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "toml/keys.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// `mix`.
[[nodiscard]] ScenarioKey mix_key() noexcept;

/// Reports what a scenario with a mix does not allow.
void check_mix(const std::vector<const Layer*>& layers, const Scenario& scenario,
               Problems& problems);

// As Aspect has them.
[[nodiscard]] std::optional<std::string> mix_misfit(const TransportInfo& transport,
                                                    const Scenario& scenario);
[[nodiscard]] std::optional<std::string> mix_unshared(const Scenario& scenario);

}  // namespace busmark
