// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "busmark/base/error.hpp"

#include "base/build_info.hpp"
#include "base/file_descriptor.hpp"
#include "base/quote.hpp"
#include "cli/console.hpp"
#include "cli/result_input.hpp"
#include "engine/registry.hpp"
#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "machine/environment.hpp"
#include "plan/plan_text.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return in_quotes(path.string(), 200); }

void note_difference(std::string& text, const std::string& clause) {
  if (clause.empty()) return;
  text += (text.empty() ? "" : ", ") + clause;
}

std::size_t first_attempts(const std::vector<RepetitionResult>& repetitions) {
  std::size_t count = 0;
  for (const RepetitionResult& one : repetitions) count += one.attempt == 1 ? 1 : 0;
  return count;
}

/// Whether a process holds the journal that is written there.
bool is_running(const fs::path& file) {
  const FileDescriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  return opened.is_open() && flock(opened.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// As the plan had them, with nothing measured.
RunResult empty_result(const Journal& journal, const RunConfig& config) {
  RunResult result = journal.begun;
  result.options = config.run;
  result.options.label = journal.head.label;
  result.options.note = journal.head.note;
  result.interrupted = true;
  for (std::size_t i = 0; i < config.scenarios.size(); ++i) {
    ScenarioResult& scenario = result.scenarios.emplace_back();
    scenario.scenario = config.scenarios[i];
    scenario.placement = journal.head.placements[i];
    scenario.skipped = journal.head.skipped[i];
    const TransportEntry* transport = find_transport(scenario.scenario.transport);
    if (transport == nullptr) continue;
    scenario.lossless = transport->info.lossless;
    scenario.operation = transport->info.operation;
  }
  return result;
}

}  // namespace

JournalFile::JournalFile(RunFolder& folder, const fs::path& file, const Journal& journal)
    : folder_(folder),
      path_(file),
      file_(open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)),
      whole_(static_cast<off_t>(journal.whole)) {
  const auto refuse = [&] {
    throw SetupError(fmt::format("{} cannot be written: {}", quoted(file), std::strerror(errno)));
  };
  if (!file_.is_open()) refuse();
  if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw SetupError(fmt::format("the run in {} has not ended; wait for it, or stop it",
                                 quoted(file.parent_path())));
  }
  if (ftruncate(file_.get(), whole_) != 0) refuse();
  if (!journal.entries.empty()) earlier_ = journal.entries.back().at;
}

void JournalFile::begun(const RunResult& begun) {
  if (!file_.is_open()) begun_ = write_journal_head(head_, begun);
}

void JournalFile::over(std::size_t place, const ScenarioResult& scenario) {
  if (ended_) return;
  JournalEntry entry{.scenario = place, .at = elapsed()};
  if (scenario.faults.empty()) {
    entry.repetition = scenario.repetitions.back();
  } else {
    entry.fault = scenario.faults.back();
  }
  append(std::exchange(begun_, {}) + write_journal_entry(entry));
}

void JournalFile::append(const std::string& lines) {
  try {
    if (!file_.is_open()) create();
  } catch (const SetupError& error) {
    return give_up(error.what());
  }
  int error = file_.is_open() ? write_all(file_.get(), lines) : errno;
  if (error == 0 && fdatasync(file_.get()) != 0) error = errno;
  if (error != 0) return give_up(std::strerror(error));
  whole_ += static_cast<off_t>(lines.size());
}

void JournalFile::create() {
  path_ = folder_.create() / kJournalName;
  // The name has to be on the disk as well.
  const FileDescriptor folder(
      open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  file_ =
      FileDescriptor(open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file_.is_open()) return;
  flock(file_.get(), LOCK_EX | LOCK_NB);  // nobody else knows of it yet
  if (folder.is_open()) fsync(folder.get());
}

/// What stands there stays, but for a line of which only a part could be written.
void JournalFile::give_up(const std::string& what) {
  ended_ = true;
  print_error(fmt::format("what is measured from here on is not on disk before the end: {}: {}",
                          quoted(path_.empty() ? fs::path(kJournalName) : path_), what));
  if (whole_ == 0) return remove();
  // Where it cannot be cut the reader passes over the rest, too.
  [[maybe_unused]] const int cut = ftruncate(file_.get(), whole_);
}

void JournalFile::remove() {
  if (!file_.is_open()) return;
  unlink(path_.c_str());
  file_.reset();
}

Nanoseconds JournalFile::elapsed() const {
  const Nanoseconds now = std::chrono::steady_clock::now() - start_;
  return earlier_ + now;
}

Unfinished read_unfinished(const fs::path& file) {
  Unfinished unfinished;
  unfinished.file = file;
  unfinished.running = is_running(file);
  unfinished.journal = read_journal(read_result_file(file), quoted(file));
  Journal& journal = unfinished.journal;
  unfinished.config = read_plan_text(journal.head.plan);
  const std::size_t scenarios = unfinished.config.scenarios.size();
  const auto beyond = [&](const JournalEntry& entry) { return entry.scenario >= scenarios; };
  if (journal.head.placements.size() != scenarios || journal.head.skipped.size() != scenarios ||
      std::any_of(journal.entries.begin(), journal.entries.end(), beyond)) {
    throw SetupError(fmt::format("{} does not fit the config in it", quoted(file)));
  }
  RunResult& result = unfinished.result;
  result = empty_result(journal, unfinished.config);
  for (JournalEntry& entry : journal.entries) {
    ScenarioResult& scenario = result.scenarios[entry.scenario];
    if (entry.repetition) scenario.repetitions.push_back(std::move(*entry.repetition));
    if (!entry.fault.empty()) scenario.faults.push_back(entry.fault);
    result.wall = entry.at;
  }
  for (ScenarioResult& scenario : result.scenarios) {
    if (!scenario.skipped.empty()) continue;
    unfinished.planned += unfinished.config.run.repetitions;
    unfinished.measured += first_attempts(scenario.repetitions);
    const bool empty = scenario.repetitions.empty() && scenario.faults.empty();
    if (empty) scenario.skipped = "not reached: the run ended before it";
  }
  return unfinished;
}

StoredRun judge_unfinished(const Unfinished& unfinished) {
  StoredRun stored = store(judge(unfinished.result));
  stored.command = unfinished.journal.head.command;
  if (unfinished.running) {
    stored.incomplete = fmt::format("the run goes on, and has {} of {} repetitions",
                                    unfinished.measured, unfinished.planned);
    return stored;
  }
  stored.incomplete = fmt::format(
      "the run ended without a word after {} of {} repetitions{}; the same command with --resume "
      "{} measures the rest",
      unfinished.measured, unfinished.planned,
      unfinished.journal.damaged == 0 ? "" : ", while it wrote the next one",
      quoted(unfinished.file.parent_path()));
  return stored;
}

Unfinished find_unfinished(const fs::path& folder) {
  const fs::path file = folder / kJournalName;
  std::error_code ignored;
  if (fs::exists(file, ignored)) return read_unfinished(file);
  const bool complete = fs::exists(folder / "result.json", ignored);
  throw SetupError(fmt::format(
      "{} {}", quoted(folder),
      complete ? "is complete: there is nothing to take up"
               : "holds no run that was cut; name the folder of one, with a journal.jsonl"));
}

void require_same_run(const Unfinished& unfinished, const JournalHead& head) {
  const JournalHead& before = unfinished.journal.head;
  std::string apart = difference(before.plan, head.plan);
  if (before.program != head.program) {
    note_difference(apart, fmt::format("busmark is another build ({}, and was {})", head.program,
                                       before.program));
  }
  const Environment& then = unfinished.journal.begun.environment;
  const Environment now = read_environment();
  if (then.host != now.host || then.cpu_model != now.cpu_model) {
    note_difference(apart, fmt::format("this is {}, {}, and it was {}, {}", now.host, now.cpu_model,
                                       then.host, then.cpu_model));
  } else if (then.kernel != now.kernel) {
    note_difference(apart, fmt::format("the kernel is {} and was {}", now.kernel, then.kernel));
  }
  const auto same_cores = [](const Placement& a, const Placement& b) { return a.cpus == b.cpus; };
  if (apart.empty() && !std::equal(before.placements.begin(), before.placements.end(),
                                   head.placements.begin(), head.placements.end(), same_cores)) {
    note_difference(apart, "the threads would run on other cores");
  }
  if (apart.empty()) return;
  throw SetupError(
      fmt::format("{} cannot be taken up, since its halves would not be comparable: "
                  "{}; run anew without --resume",
                  quoted(unfinished.file.parent_path()), apart));
}

std::string this_program() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  uLong sum = crc32(0, nullptr, 0);
  std::string piece(std::size_t{1} << 16, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(piece.data()),
                  static_cast<z_size_t>(file.gcount()));
  }
  return fmt::format("{} {:08x}", build_info().version, sum);
}

}  // namespace busmark
