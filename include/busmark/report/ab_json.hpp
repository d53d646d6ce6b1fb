// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "busmark/analysis/ab.hpp"

namespace busmark {

/// `busmark.ab/1`: what was compared, the verdicts, and every block's figures, so that whoever
/// doubts a verdict can reckon it again. Unknown and withheld values are null. Pure.
[[nodiscard]] std::string write_ab_json(const AbSession& session, const RunComparison& comparison);

}  // namespace busmark
