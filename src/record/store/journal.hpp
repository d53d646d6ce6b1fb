// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/plan.hpp"
#include "record/repetition.hpp"
#include "record/run_result.hpp"

namespace busmark {

/// What a run notes of itself before it measures, for whoever reads or takes up the rest.
struct JournalHead {
  std::string schema = "busmark.journal/1";
  std::string program;  ///< The very build: version and checksum of the file.
  PlanText plan;        ///< Without secrets.
  std::vector<std::string> command;
  std::string label;
  std::string note;
  std::vector<Placement> placements;  ///< As the plan's scenarios.
  std::vector<std::string> skipped;   ///< Likewise; empty: it was to run.
};

/// Something that is over: a repetition, or why a scenario could not go on.
struct JournalEntry {
  std::size_t scenario = 0;  ///< Position in the plan.
  Nanoseconds at{};          ///< Since the run began, earlier parts of it included.
  std::optional<RepetitionResult> repetition{};
  std::string fault{};  ///< A sentence; empty with a repetition.
};

/// The journal of a run that did not come to its end.
struct Journal {
  JournalHead head;
  RunResult begun;  ///< Machine, clock, own cost; no scenarios.
  std::vector<JournalEntry> entries;
  std::size_t whole = 0;    ///< Bytes of the lines that are whole.
  std::size_t damaged = 0;  ///< Bytes behind them: a line that was being written.
};

/// The line of a journal that holds `text`, with its checksum and end: a line that was cut, or that
/// the disk has spoilt, is told from a whole one.
[[nodiscard]] std::string journal_line(std::string_view text);

/// Head, then a line for the machine.
[[nodiscard]] std::string write_journal_head(const JournalHead& head, const RunResult& begun);
[[nodiscard]] std::string write_journal_entry(const JournalEntry& entry);

/// Reads lines as long as they are whole. `file` names it in messages. Throws SetupError for what
/// is no journal, or one of another version.
[[nodiscard]] Journal read_journal(std::string_view text, std::string_view file);

}  // namespace busmark
