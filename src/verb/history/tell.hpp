// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verb/history/judge.hpp"

namespace busmark {

/// One line of a history file, with its newline: `busmark.history/1` as JSON. Pure.
[[nodiscard]] std::string write_history_line(const HistoryEntry& entry);

/// A history file: what was understood, and a sentence for each line that was not.
struct HistoryFile {
  std::vector<HistoryEntry> entries;
  std::vector<std::string> problems;
};
/// Reads what anybody may have written; never throws.
[[nodiscard]] HistoryFile read_history(std::string_view text);

/// The series as a table with a sparkline each, and a sentence for each change point. `unicode`:
/// the terminal shows block characters. Pure.
[[nodiscard]] std::string write_history_text(std::span<const HistoryEntry> history,
                                             std::span<const HistorySeries> series,
                                             const std::string& measure, bool unicode);

}  // namespace busmark
