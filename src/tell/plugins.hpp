// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// `plugin` and which, for each that took part, and `door` and what it costs, for each batch.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> plugin_facts(const StoredRun& run);

}  // namespace busmark
