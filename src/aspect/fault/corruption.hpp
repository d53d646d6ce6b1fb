// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "record/repetition.hpp"

namespace busmark {

/// What the corrupt payloads of a scenario say against it, as a sentence: any, or where a fault
/// broke some on purpose, not exactly those. What was lost may be among the broken ones.
[[nodiscard]] std::optional<std::string> unexplained_corruption(const ScenarioResult& result);

}  // namespace busmark
