// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "judge/verdict.hpp"

namespace busmark {

/// The run as a person reads it at the end: one table, what failed and why, the machine, hints, one
/// closing line. `color` adds ANSI colours to verdicts; the words stand there without it. Pure.
[[nodiscard]] std::string write_text_report(const JudgedRun& run, bool color);

/// The closing line's counts: `5 passed, 1 warned, 2 failed`.
[[nodiscard]] std::string tally(const JudgedRun& run);

}  // namespace busmark
