// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/run.hpp"

namespace busmark {

/// A line for each scenario that was held against direct calls; empty where none was.
[[nodiscard]] std::string cpu_text(const StoredRun& run);

}  // namespace busmark
