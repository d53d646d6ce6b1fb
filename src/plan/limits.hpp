// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "record/scenario.hpp"

namespace busmark {

/// Why the transport cannot serve this scenario, as one sentence with the cure; empty when it can
/// or when there is no such transport.
[[nodiscard]] std::optional<std::string> check_transport_limits(const Scenario& scenario);

}  // namespace busmark
