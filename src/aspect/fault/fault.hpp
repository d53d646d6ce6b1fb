// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

#include "record/fault.hpp"

namespace busmark {

/// What is broken in a scenario, and when. Times count from the start of the measured window.
struct Fault {
  FaultKind kind = FaultKind::none;
  Nanoseconds at{};
  Nanoseconds lasts{};  ///< 0 where the fault is a moment.

  [[nodiscard]] Nanoseconds end() const noexcept { return at + lasts; }
  bool operator==(const Fault&) const = default;
};

/// Parses `"kill at 500ms for 300ms"`, `"oversize at 1s"`. Throws std::invalid_argument: what is
/// wrong, the nearest kind, and an example.
[[nodiscard]] Fault parse_fault(std::string_view text);
/// The same text again.
[[nodiscard]] std::string to_string(const Fault& fault);

}  // namespace busmark
