// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

// What scenarios cost beside each other that were measured by turns (`run.order`): a ladder.

/// A table: percentiles, processor time per message, and how far each is from the one above, with
/// its interval. Empty where they were not measured by turns.
[[nodiscard]] std::string turns_text(const StoredRun& run);

/// The same as a section of the page, with a bar from p50 to p95 on a logarithmic axis.
[[nodiscard]] std::string turns_html(const StoredRun& run);

/// How far each scenario is from the one above it, a sentence each; no full stop.
[[nodiscard]] std::vector<std::string> turn_sentences(const StoredRun& run);

}  // namespace busmark
