// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/run.hpp"

namespace busmark {

/// The run as a person reads it at the end: one table, what failed and why, the machine, hints, one
/// closing line. `color` adds ANSI colours to verdicts; the words stand there without it. Whatever
/// the texts of the run hold, a terminal obeys none of it. Pure.
[[nodiscard]] std::string write_text_report(const StoredRun& run, bool color);

}  // namespace busmark
