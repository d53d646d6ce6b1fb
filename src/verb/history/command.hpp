// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "record/run.hpp"

namespace busmark {

/// Adds the run as one line to the history `file`, which it makes where there is none. Throws
/// SetupError.
void append_to_history(const std::filesystem::path& file, const StoredRun& run);
/// Throws what append_to_history() would throw now, and leaves nothing behind.
void check_history(const std::filesystem::path& file);

}  // namespace busmark
