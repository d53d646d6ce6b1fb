// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// What the numbers of a run point at, and what to do next; sentences in plain text.
std::vector<std::string> find_bottlenecks(const StoredRun& run);

std::vector<std::string> find_next_steps(const StoredRun& run);

}  // namespace busmark
