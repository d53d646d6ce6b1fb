// SPDX-License-Identifier: Apache-2.0
#include "cli/result_input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/journal_file.hpp"
#include "record/store/json_writer.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShown = 200;

bool is_baseline_name(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-+=").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), allowed);
}

fs::path numbered(const fs::path& file, std::size_t number) {
  return baseline_set(file) / fmt::format("{}.json", number);
}

/// Folders of runs below `folder`, by name.
std::vector<fs::path> runs_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path file = entry.path() / "result.json";
    if (fs::exists(file, ignored)) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The files that a name stands for; at least one.
std::vector<fs::path> find_results(const std::string& name, const fs::path& out) {
  std::error_code ignored;
  fs::path file = name;
  if (fs::is_directory(file, ignored)) {
    fs::path inside = file / "result.json";
    if (!fs::exists(inside, ignored) && fs::exists(file / kJournalName, ignored)) {
      inside = file / kJournalName;
    }
    std::vector<fs::path> below = runs_below(file);
    if (fs::exists(inside, ignored) || below.empty()) {
      file = inside;
    } else {
      return below;
    }
  }
  if (fs::exists(file, ignored)) return {file};
  const bool may_be_baseline = file == name && is_baseline_name(name);
  if (may_be_baseline) {
    std::vector<fs::path> runs = baseline_runs(baseline_file(out, name, name));
    if (!runs.empty()) return runs;
  }
  throw SetupError(fmt::format(
      "{} is neither a result.json, nor a folder with one{}; name one that a run has written",
      in_quotes(name, kShown),
      may_be_baseline ? ", nor a baseline in " + baseline_folder(out).string() : ""));
}

StoredRun read_file(const fs::path& file) {
  if (file.filename() == kJournalName) return judge_unfinished(read_unfinished(file));
  const std::string shown = in_quotes(file.string(), kShown);
  return read_result_json(read_result_file(file), shown.substr(1, shown.size() - 2));
}

}  // namespace

fs::path baseline_folder(const fs::path& out) { return out / "baselines"; }

fs::path baseline_file(const fs::path& out, const std::string& name, const std::string& where) {
  if (!is_baseline_name(name)) {
    throw ConfigError(
        {{where, "",
          fmt::format("the name of a baseline must be 1 to 100 letters, digits or any "
                      "of . _ - + =, not beginning with a point, and not {}",
                      in_quotes(name))}});
  }
  return baseline_folder(out) / (name + ".json");
}

std::string read_result_file(const fs::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  const std::string shown = in_quotes(file.string(), kShown);
  if (!in) throw SetupError(fmt::format("{} cannot be opened: {}", shown, std::strerror(errno)));
  std::string bytes;
  std::string piece(std::size_t{1} << 16, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
    bytes.append(piece, 0, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kLongestResult) {
      throw SetupError(fmt::format("{} is longer than {}, which no result is; name a result.json",
                                   shown, format_size({kLongestResult})));
    }
  }
  if (in.bad()) throw SetupError(fmt::format("{} cannot be read to its end", shown));
  return bytes;
}

fs::path baseline_set(const fs::path& file) { return fs::path(file).replace_extension(".set"); }

std::vector<fs::path> baseline_runs(const fs::path& file) {
  std::vector<fs::path> files;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return files;
  files.push_back(file);
  while (fs::exists(numbered(file, files.size() + 1), ignored)) {
    files.push_back(numbered(file, files.size() + 1));
  }
  return files;
}

fs::path next_baseline_run(const fs::path& file) {
  const std::size_t runs = baseline_runs(file).size();
  return runs == 0 ? file : numbered(file, runs + 1);
}

StoredRun read_result(const std::string& name, const fs::path& out) {
  return read_file(find_results(name, out).back());
}

std::vector<StoredRun> read_results(const std::vector<std::string>& names, const fs::path& out) {
  std::vector<StoredRun> runs;
  for (const std::string& name : names) {
    for (const fs::path& file : find_results(name, out)) runs.push_back(read_file(file));
  }
  return runs;
}

}  // namespace busmark
