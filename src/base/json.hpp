// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "busmark/base/units.hpp"

namespace busmark {

/// Null where it is not known or never comes, which JSON has no word for.
[[nodiscard]] nlohmann::ordered_json json_nanoseconds(std::optional<Nanoseconds> value);

}  // namespace busmark
