// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

#include "record/load.hpp"

namespace busmark {

/// Parses `"10ms"`, `"uniform(5ms, 15ms)"`, `"exp(10ms)"`. Throws std::invalid_argument: what is
/// wrong, and the forms there are.
[[nodiscard]] Think parse_think(std::string_view text);
/// The same text again, durations to three figures.
[[nodiscard]] std::string to_string(const Think& think);

}  // namespace busmark
