// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/journal_file.hpp"
#include "cli/output.hpp"
#include "engine/runner.hpp"
#include "record/run_result.hpp"
#include "record/store/journal.hpp"

namespace busmark {

/// As typed, but for the path of the program.
[[nodiscard]] std::vector<std::string> command_of_this_process();

/// What the journal of a run begins with. Nothing where a secret cannot be kept out of it.
[[nodiscard]] std::optional<JournalHead> journal_head(const PlanText& text, const RunConfig& config,
                                                      const RunPlan& plan);

/// A run with its journal: a new one, or the rest of one that was cut.
class Course {
 public:
  /// `resume`: the folder of the run that was cut; empty: a new one. Throws SetupError where it
  /// cannot be taken up, or its folder cannot be made.
  Course(const std::string& resume, const RunConfig& config, std::optional<JournalHead> head);

  /// `part` with the notes of the run, and with what is measured already. Must not outlive this.
  [[nodiscard]] RunPart with_notes(RunPart part);

  /// Tells in `result` that its halves are of different times.
  void join(RunResult& result) const;

  /// The result is where it belongs.
  void delivered(const RunResult& result);

  [[nodiscard]] RunFolder& folder() noexcept { return *folder_; }

 private:
  std::optional<Unfinished> earlier_;
  std::unique_ptr<RunFolder> folder_;
  std::optional<JournalFile> journal_;
};

}  // namespace busmark
