// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "busmark/analysis/verdict.hpp"

namespace busmark {

inline constexpr std::string_view kResultSchema = "busmark.result/1";

/// The whole run as strict JSON (docs/result.schema.json), indented, with a final newline.
/// Durations are integer nanoseconds, rates messages per second, what is unknown or withheld is
/// null; there is no NaN. Pure: the same run gives the same bytes.
[[nodiscard]] std::string write_result_json(const JudgedRun& run);

}  // namespace busmark
