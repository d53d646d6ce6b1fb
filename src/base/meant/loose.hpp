// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

namespace busmark {

// Words and numbers as people write them, for the hints of as_meant.hpp.

/// In small letters, of ASCII.
[[nodiscard]] std::string in_small(std::string_view text);
[[nodiscard]] std::string without_blanks(std::string_view text);
/// Cuts `begin` off `text`, where it begins so.
bool take(std::string_view& text, std::string_view begin);

/// Cuts a number of any spelling off `text` (`1,5`, `1_000`, `1,000`, `.5`, `1e6`), as plain digits
/// with at most one point. Empty: none.
[[nodiscard]] std::string take_number(std::string_view& text);
/// Of such digits.
[[nodiscard]] double number_of(std::string_view digits);

/// Our name of the unit of time that `text` begins with as a whole word, which is cut off; empty:
/// none. In small letters.
[[nodiscard]] std::string_view take_time_unit(std::string_view& text);
/// The sum of `1m30s`, without blanks and in small letters; empty where something else is in it.
[[nodiscard]] std::optional<Nanoseconds> sum_of_times(std::string_view text);
/// That, `PT5S` of ISO 8601, or `00:30`.
[[nodiscard]] std::optional<Nanoseconds> loose_duration(std::string_view written);

}  // namespace busmark
