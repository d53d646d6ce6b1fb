// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

#include "record/fault.hpp"
#include "record/load.hpp"

namespace busmark {

/// Parses `"kill at 500ms for 300ms"`, `"oversize at 1s"`. Throws std::invalid_argument: what is
/// wrong, the nearest kind, and an example.
[[nodiscard]] Fault parse_fault(std::string_view text);
/// The same text again.
[[nodiscard]] std::string to_string(const Fault& fault);

}  // namespace busmark
