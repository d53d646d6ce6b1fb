// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judge/compare.hpp"

namespace busmark {

/// Appends the Markdown form to the file that GITHUB_STEP_SUMMARY names and prints an annotation
/// per finding on standard error, which the runner reads too: standard output may be a form's.
/// Throws SetupError where no file is named or it cannot be written.
void tell_github(const RunComparison& comparison);
/// Throws what tell_github() would for want of GITHUB_STEP_SUMMARY.
void require_github();
void tell_github(const StoredRun& run);

}  // namespace busmark
