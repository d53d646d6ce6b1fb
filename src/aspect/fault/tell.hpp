// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// Titles of a table of faults, and the cells of one repetition, of which `counts` are the books.
[[nodiscard]] std::vector<std::string> fault_titles();
[[nodiscard]] std::vector<std::string> fault_cells(const FaultResult& fault,
                                                   const MessageCounts& counts);

/// `producer 0: 5001-5009, 5012 and 3 ranges more`: what was lost; empty when nothing was.
[[nodiscard]] std::string lost_ranges_text(const FaultResult& fault, std::size_t most = 5);
/// What the server said, and how the connections ended; each sentence once.
[[nodiscard]] std::vector<std::string> fault_words(const NatsReport& report);
/// A row for each repetition that counts, then what was lost and said; empty without faults.
[[nodiscard]] std::string faults_text(const StoredRun& run);

}  // namespace busmark
