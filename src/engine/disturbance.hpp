// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/repetition.hpp"

namespace busmark {

/// Why a repetition does not count as undisturbed; empty when it does. `never_waits`: every
/// measured thread spins on a core of its own.
[[nodiscard]] std::string disturbance(const RepetitionResult& result, bool never_waits);

}  // namespace busmark
