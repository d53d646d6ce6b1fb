// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "busmark/base/units.hpp"

namespace busmark {

/// JSON has neither infinities nor NaN: null for them, as for what is not known. So is `never`.
[[nodiscard]] nlohmann::ordered_json json_number(std::optional<double> value);
[[nodiscard]] nlohmann::ordered_json json_nanoseconds(std::optional<Nanoseconds> value);
/// Null for no text.
[[nodiscard]] nlohmann::ordered_json json_text(std::string_view text);

}  // namespace busmark
