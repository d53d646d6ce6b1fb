// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

namespace busmark {

enum class ThinkShape : std::uint8_t { constant, uniform, exponential };

/// For how long a user of a closed loop waits between an answer and his next request.
struct Think {
  ThinkShape shape = ThinkShape::constant;
  Nanoseconds low{};   ///< Constant: the time itself. Exponential: the mean.
  Nanoseconds high{};  ///< Of uniform alone.

  [[nodiscard]] Nanoseconds mean() const noexcept {
    return shape == ThinkShape::uniform ? low + (high - low) / 2 : low;
  }
  bool operator==(const Think&) const = default;
};

/// Parses `"10ms"`, `"uniform(5ms, 15ms)"`, `"exp(10ms)"`. Throws std::invalid_argument: what is
/// wrong, and the forms there are.
[[nodiscard]] Think parse_think(std::string_view text);
/// The same text again, durations to three figures.
[[nodiscard]] std::string to_string(const Think& think);

}  // namespace busmark
