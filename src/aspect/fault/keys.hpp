// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "toml/keys.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// `fault`.
[[nodiscard]] ScenarioKey fault_key() noexcept;

// As Aspect has them.
[[nodiscard]] std::optional<std::string> fault_misfit(const TransportInfo& transport,
                                                      const Scenario& scenario);
[[nodiscard]] std::optional<std::string> fault_unshared(const Scenario& scenario);

}  // namespace busmark
