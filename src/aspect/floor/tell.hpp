// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// What cores did that nothing measured while others were, a sentence for each; of several
/// scenarios beside one core that in which it was away most. Not escaped.
[[nodiscard]] std::vector<std::string> floor_during_sentences(const StoredRun& run);

}  // namespace busmark
