// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "judge/compare.hpp"

namespace busmark {

/// A comparison as a person reads it: one row per measure, what differs besides the code, which
/// repetitions were left out, why what is inconclusive is so, and one closing line. `color` adds
/// ANSI colours to the verdicts. Pure.
[[nodiscard]] std::string write_compare_text(const RunComparison& comparison, bool color);

/// The same as GitHub Markdown. Pure.
[[nodiscard]] std::string write_compare_markdown(const RunComparison& comparison);

/// GitHub workflow commands for what regressed and for what could not be compared.
[[nodiscard]] std::string write_annotations(const RunComparison& comparison);

/// `1 regressed, 0 improved, 7 no change, 1 inconclusive`.
[[nodiscard]] std::string tally(const RunComparison& comparison);

}  // namespace busmark
