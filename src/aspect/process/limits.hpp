// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "record/scenario.hpp"
#include "transport/transport.hpp"

namespace busmark {

// As Aspect has them.
[[nodiscard]] std::optional<std::string> memory_misfit(const TransportInfo& transport,
                                                       const Scenario& scenario);
/// Of budgets that compare processor time with that of a direct call.
[[nodiscard]] std::optional<std::string> direct_call_misfit(const TransportInfo& transport,
                                                            const Scenario& scenario);
/// Of both.
[[nodiscard]] std::optional<std::string> process_unshared(const Scenario& scenario);

}  // namespace busmark
