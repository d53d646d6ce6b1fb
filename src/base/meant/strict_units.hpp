// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "busmark/base/units.hpp"

namespace busmark {

// As parse_duration() and its kin, for a text that may as well be something else: empty in place of
// a message.

[[nodiscard]] std::optional<Nanoseconds> strict_duration(std::string_view text);
[[nodiscard]] std::optional<ByteCount> strict_size(std::string_view text);
[[nodiscard]] std::optional<MessageRate> strict_rate(std::string_view text);
[[nodiscard]] std::optional<Percentile> strict_percentile(std::string_view text);
[[nodiscard]] std::optional<double> strict_share(std::string_view text);

}  // namespace busmark
