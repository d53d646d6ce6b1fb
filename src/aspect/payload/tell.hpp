// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "record/run.hpp"

namespace busmark {

/// What a byte costs in each sweep of payloads; empty where there is none of three sizes.
[[nodiscard]] std::string payload_costs_text(const StoredRun& run);

}  // namespace busmark
