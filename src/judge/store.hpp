// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/judged.hpp"
#include "record/run.hpp"

namespace busmark {

/// What a result file keeps of a run. Pure.
[[nodiscard]] StoredRun store(const JudgedRun& run);

}  // namespace busmark
