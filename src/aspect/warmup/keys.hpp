// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "toml/keys.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// `warmup`: a duration, or `auto` with a limit.
[[nodiscard]] ScenarioKey warmup_key() noexcept;

/// Tells where a warm-up that ends by rule cannot be had.
void check_warmup(const std::vector<const Layer*>& layers, const Scenario& scenario,
                  Problems& problems);

// As Aspect has them.
[[nodiscard]] std::optional<std::string> warmup_misfit(const TransportInfo& transport,
                                                       const Scenario& scenario);
[[nodiscard]] std::optional<std::string> warmup_unshared(const Scenario& scenario);

}  // namespace busmark
