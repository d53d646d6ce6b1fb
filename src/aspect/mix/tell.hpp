// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// Titles of a table of classes, and the cells of one. `lost`: as the table above counts it.
[[nodiscard]] std::vector<std::string> class_titles();
[[nodiscard]] std::vector<std::string> class_cells(const ClassSummary& one, std::uint64_t lost,
                                                   std::optional<Verdict> verdict);

/// A row for each class of each scenario with a mix; empty without one.
[[nodiscard]] std::string classes_text(const StoredRun& run);

}  // namespace busmark
