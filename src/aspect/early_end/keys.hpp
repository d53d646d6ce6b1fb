// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "toml/keys.hpp"
#include "transport/transport.hpp"

namespace busmark {

inline constexpr ScenarioKey kAbortOnFailKey = flag_key<&Scenario::abort_on_fail>("abort_on_fail");

// As Aspect has them.
[[nodiscard]] std::optional<std::string> early_end_misfit(const TransportInfo& transport,
                                                          const Scenario& scenario);
[[nodiscard]] std::optional<std::string> early_end_unshared(const Scenario& scenario);

}  // namespace busmark
