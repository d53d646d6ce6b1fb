// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// A percentile that is to be known well: `p99:5%`.
struct WantedPrecision {
  Percentile percentile;
  double half_width = 0;  ///< Of its interval, as a share of the value.
  bool operator==(const WantedPrecision&) const = default;
};

/// When a scenario has been repeated often enough, once the planned repetitions are there.
struct Until {
  bool decided = true;                     ///< Each budget is decided; false: at once.
  std::vector<WantedPrecision> precise{};  ///< And each of these is known.
  bool operator==(const Until&) const = default;
};

/// `decided`, `planned` or percentiles such as `p50:2%, p99:5%`. Throws std::invalid_argument.
[[nodiscard]] Until parse_until(std::string_view text);
/// As a config has it.
[[nodiscard]] std::string to_string(const Until& until);

/// Most repetitions of a scenario in all, where no time bounds them: three times the planned ones
/// may come on top of these. 1000 at most, as `run.repetitions`.
[[nodiscard]] std::uint32_t most_repetitions(std::uint32_t planned) noexcept;

}  // namespace busmark
