// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"
#include "cli/output.hpp"
#include "record/run.hpp"
#include "record/run_result.hpp"
#include "record/store/journal.hpp"

namespace busmark {

/// In the folder of a run until its result is there.
inline constexpr const char* kJournalName = "journal.jsonl";

/// Keeps what a run has measured, repetition by repetition, for the case that it does not come to
/// its end. Each is appended and on the disk before the next one begins: rewriting a whole result
/// each time would take longer with every repetition. A disk that takes no more ends the journal
/// with a sentence, not the run. On the thread of the runner.
class JournalFile {
 public:
  /// `folder` must outlive it, and is made with the first entry.
  JournalFile(RunFolder& folder, JournalHead head) : folder_(folder), head_(std::move(head)) {}
  /// Goes on with the journal at `file`, from behind its whole lines. Throws SetupError where
  /// another process writes it.
  JournalFile(RunFolder& folder, const std::filesystem::path& file, const Journal& journal);

  void begun(const RunResult& begun);
  void over(std::size_t place, const ScenarioResult& scenario);
  /// The result is written: removes the journal.
  void remove();
  /// Of all parts of the run so far.
  [[nodiscard]] Nanoseconds elapsed() const;

 private:
  void append(const std::string& lines);
  void create();
  void give_up(const std::string& what);

  RunFolder& folder_;
  JournalHead head_;
  std::string begun_;  ///< The first lines; empty once they are written.
  std::filesystem::path path_;
  FileDescriptor file_;
  off_t whole_ = 0;  ///< Bytes of the lines that are there.
  bool ended_ = false;
  Nanoseconds earlier_{};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A run that did not come to its end, read from its journal.
struct Unfinished {
  std::filesystem::path file;
  Journal journal;  ///< Its repetitions are in `result`.
  RunConfig config;
  RunResult result;          ///< Scenarios without a repetition are not reached.
  bool running = false;      ///< It is being measured: there will be more.
  std::size_t planned = 0;   ///< Repetitions of all scenarios that were to run.
  std::size_t measured = 0;  ///< Of them, without further attempts.
};

/// Throws SetupError where it cannot be read, or is another version's.
[[nodiscard]] Unfinished read_unfinished(const std::filesystem::path& file);

/// The same judged, marked as incomplete.
[[nodiscard]] StoredRun judge_unfinished(const Unfinished& unfinished);

/// The unfinished run in `folder`. Throws SetupError, which says why there is none.
[[nodiscard]] Unfinished find_unfinished(const std::filesystem::path& folder);

/// Throws SetupError, with all that differs, where `head` on this machine is not the run that was
/// cut.
void require_same_run(const Unfinished& unfinished, const JournalHead& head);

/// Version of this program and checksum of its file.
[[nodiscard]] std::string this_program();

}  // namespace busmark
