// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/run.hpp"

namespace busmark {

/// The tail by cause and the worst messages of each scenario that was to explain its own; empty
/// where none was.
[[nodiscard]] std::string slow_text(const StoredRun& run);

}  // namespace busmark
