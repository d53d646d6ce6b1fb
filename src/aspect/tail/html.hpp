// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/run.hpp"

namespace busmark {

/// The section of the page that tells slow messages by cause; empty where no scenario was to
/// explain its tail.
[[nodiscard]] std::string html_tail(const StoredRun& run);

}  // namespace busmark
