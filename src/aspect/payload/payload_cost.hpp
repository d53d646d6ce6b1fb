// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// What a message of some size costs.
struct PayloadPoint {
  std::uint64_t bytes = 0;
  double ns = 0;
};

/// A straight line through such points: fixed + per byte.
struct PayloadCost {
  std::string name;  ///< Of the scenarios, without their payload.
  std::size_t sizes = 0;
  double fixed_ns = 0;
  double ns_per_byte = 0;
  double r_squared = 0;  ///< Share of the costs' variance that the line explains; may be negative.
  /// The first size that costs a fifth more, or less, than the sizes below it would have it; empty
  /// where there is none.
  std::optional<std::uint64_t> bends_at;
};

inline constexpr std::size_t kFewestSizes = 3;

/// Theil and Sen's slope, because one disturbed size must not tilt the line, and the median of what
/// is left as its height. Empty with fewer than kFewestSizes different sizes. Pure.
[[nodiscard]] std::optional<PayloadCost> fit_payload_cost(std::vector<PayloadPoint> points);

/// One for each group of scenarios that differ in the payload they sweep alone. The cost is the
/// median response time where there is a rate, and under saturation the time per message.
[[nodiscard]] std::vector<PayloadCost> payload_costs(const StoredRun& run);

}  // namespace busmark
