// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/repetition.hpp"

namespace busmark {

/// One repetition over SyntheticTransport with the plan's program, or else with the server that its
/// scenario asks for.
[[nodiscard]] RepetitionResult run_synthetic(const RepetitionPlan& plan, const StopFlag& stop,
                                             LiveProgress& live);

}  // namespace busmark
