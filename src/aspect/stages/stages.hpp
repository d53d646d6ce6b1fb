// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/load.hpp"

namespace busmark {

/// Parses `"10x for 500ms"`, `"ramp to 500k/s over 5s"`, `"step +50k/s every 2s to 500k/s"`,
/// `"burst of 1000 every 100ms for 2s"`, `"on 10ms off 90ms at 2x for 2s"`, `"quiet for 1s"`.
/// Throws std::invalid_argument: what is wrong, and the forms there are.
[[nodiscard]] Stage parse_stage(std::string_view text);
/// The same text again, durations to three figures.
[[nodiscard]] std::string to_string(const Stage& stage);

/// Makes every stage longer or shorter, but none shorter than 1 ms or than its own period. Rates
/// and periods stay.
void scale_stages(std::vector<Stage>& stages, double factor);

}  // namespace busmark
