// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judge/verdict.hpp"
#include "record/run.hpp"

namespace busmark {

/// What a result file keeps of a run, with the hints that follow from it. Pure.
[[nodiscard]] StoredRun store(const JudgedRun& run);

}  // namespace busmark
