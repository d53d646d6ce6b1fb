// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "busmark/analysis/compare.hpp"

namespace busmark {

/// A measure of a comparison in its unit: `1.25us`, `100k/s`.
[[nodiscard]] std::string value_text(const MeasureChange& change, double value);

/// `+2.5` for a share of 0.025.
[[nodiscard]] std::string percent(double share);

}  // namespace busmark
