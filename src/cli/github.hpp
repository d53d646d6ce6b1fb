// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/analysis/compare.hpp"

namespace busmark {

/// Appends the Markdown form to the file that GITHUB_STEP_SUMMARY names (where the runner sets it)
/// and prints an annotation per finding on standard error, which the runner reads too: standard
/// output may be a form's. Throws SetupError where that file cannot be written.
void tell_github(const RunComparison& comparison);
void tell_github(const StoredRun& run);

}  // namespace busmark
