// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "judge/compare.hpp"

namespace busmark {

/// A measure of a comparison in its unit: `1.25us`, `100k/s`, `20.0 %`.
[[nodiscard]] std::string value_text(const MeasureChange& change, double value);

/// `+2.5` for a share of 0.025; `any` where there is no bound.
[[nodiscard]] std::string percent(double share);

}  // namespace busmark
