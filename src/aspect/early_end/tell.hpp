// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/run.hpp"

namespace busmark {

/// A line for each repetition that a missed budget has called off; empty where none was.
[[nodiscard]] std::string called_off_text(const StoredRun& run);

/// A line for each scenario that got more repetitions than planned, or is undecided all the same.
[[nodiscard]] std::string stopping_text(const StoredRun& run);

/// A line for each scenario whose warm-up was to end by rule; empty where none was.
[[nodiscard]] std::string warmups_text(const StoredRun& run);

}  // namespace busmark
