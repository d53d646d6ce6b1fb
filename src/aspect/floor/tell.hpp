// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// What cores did that nothing measured while others were, a sentence for each; not escaped.
[[nodiscard]] std::vector<std::string> floor_during_sentences(const JudgedRun& run);
[[nodiscard]] std::vector<std::string> floor_during_sentences(const StoredRun& run);

}  // namespace busmark
