// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "toml/keys.hpp"
#include "transport/transport.hpp"

namespace busmark {

inline constexpr ScenarioKey kSlowOverKey = duration_key<&Scenario::slow_over, 1>("slow_over");

// As Aspect has them.
[[nodiscard]] std::optional<std::string> tail_misfit(const TransportInfo& transport,
                                                     const Scenario& scenario);
[[nodiscard]] std::optional<std::string> tail_unshared(const Scenario& scenario);

}  // namespace busmark
