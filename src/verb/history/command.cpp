// SPDX-License-Identifier: Apache-2.0
#include "verb/history/command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/file_descriptor.hpp"
#include "base/quote.hpp"
#include "cli/compare_options.hpp"
#include "cli/console.hpp"
#include "config/selection.hpp"
#include "verb/history/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr double kThreshold = 0.05;
constexpr std::uintmax_t kLongestFile = 256U << 20;

struct HistoryArguments {
  std::string file = "results/history.jsonl";
  std::string measure = "p95";
  std::string only;
  std::string threshold;
  std::uint32_t last = 500;
};

[[noreturn]] void refuse(const fs::path& file, int error) {
  throw SetupError(fmt::format("{} cannot be written: {}; name another place with --history",
                               in_quotes(file.string(), 200), std::strerror(error)));
}

std::string read_all(const std::string& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) {
    throw SetupError(
        fmt::format("there is no history {}; busmark run CONFIG --history {} makes "
                    "one",
                    in_quotes(file, 200), file));
  }
  if (size > kLongestFile) {
    throw SetupError(
        fmt::format("{} is larger than 256 MiB; keep its last lines alone, for "
                    "example with tail -n 1000",
                    in_quotes(file, 200)));
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(size, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

/// As the C library chooses a character set.
bool shows_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string text(value);
    return text.find("UTF-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

ExitCode history_command(const HistoryArguments& arguments) {
  ComparisonFlags flags;
  flags.threshold = arguments.threshold;
  flags.measures = arguments.measure;
  const CompareOptions options = flags.options();
  if (options.measures.size() != 1) {
    throw ConfigError({{"--measure", "", "takes one measure, for example p95"}});
  }
  const HistoryFile file = read_history(read_all(arguments.file));
  for (const std::string& problem : file.problems) print_error(arguments.file + ": " + problem);
  auto series = history_series(file.entries, arguments.measure, arguments.last,
                               arguments.threshold.empty() ? kThreshold : options.threshold);
  std::erase_if(series, [&](const HistorySeries& one) {
    return !arguments.only.empty() && !matches_glob(arguments.only, one.scenario);
  });
  if (file.entries.empty()) {
    throw SetupError(fmt::format("{} holds no run; busmark run CONFIG --history {} adds one",
                                 in_quotes(arguments.file, 200), arguments.file));
  }
  if (series.empty()) {
    throw SetupError(fmt::format(
        "none of the {} runs has a scenario with {}{}; see --only and --measure",
        file.entries.size(), arguments.measure,
        arguments.only.empty() ? "" : " that matches " + in_quotes(arguments.only, 200)));
  }
  print(write_history_text(file.entries, series, arguments.measure, shows_unicode()));
  return ExitCode::ok;
}

}  // namespace

void append_to_history(const fs::path& file, const StoredRun& run) {
  std::error_code ignored;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), ignored);
  const FileDescriptor open_file(
      open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666));
  if (!open_file.is_open()) refuse(file, errno);
  std::string line = write_history_line(history_entry(run));
  // What a crash has cut off must not swallow this line, too.
  char last = '\n';
  const off_t size = lseek(open_file.get(), 0, SEEK_END);
  if (size > 0 && pread(open_file.get(), &last, 1, size - 1) == 1 && last != '\n') {
    line.insert(0, "\n");
  }
  // One call: runs that end at the same moment do not mix their lines.
  const ssize_t written = write(open_file.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) refuse(file, written < 0 ? errno : ENOSPC);
}

void check_history(const fs::path& file) {
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    if (!fs::is_regular_file(file, ignored)) refuse(file, EINVAL);
    if (access(file.c_str(), W_OK | R_OK) != 0) refuse(file, errno);
    return;
  }
  fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  while (!folder.empty() && !fs::exists(folder, ignored)) folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, ignored)) refuse(file, ENOTDIR);
  if (access(folder.c_str(), W_OK | X_OK) != 0) refuse(file, errno);
}

Verb history_verb() {
  const auto arguments = std::make_shared<HistoryArguments>();
  return {
      .name = "history",
      .about = "How the runs of a history went, and where they changed",
      .arguments = {{"FILE", &arguments->file, "", "History (default: results/history.jsonl)"},
                    {"--measure", &arguments->measure, "NAME",
                     "p50 ... p99.99, rate or cpu (default: p95)"},
                    {"--only", &arguments->only, "GLOB", "Only the scenarios whose name matches"},
                    {"--threshold", &arguments->threshold, "SHARE",
                     "Least change of level (default: 5%)"},
                    {"--last", &arguments->last, "N",
                     "Runs looked at, the latest ones (default: 500)", within(1, 5000)}},
      .run = [arguments] { return history_command(*arguments); }};
}

}  // namespace busmark
