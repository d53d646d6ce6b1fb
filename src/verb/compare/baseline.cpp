// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "base/table.hpp"
#include "cli/console.hpp"
#include "cli/output.hpp"
#include "cli/result_input.hpp"
#include "record/store/json_writer.hpp"
#include "tell/forms.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

struct BaselineArguments {
  std::string name;
  std::vector<std::string> results;
  std::string out = "results";
  bool replace = false;
  bool add = false;
};

/// The result of the run that was written last.
fs::path newest_result(const fs::path& out) {
  std::optional<std::pair<fs::file_time_type, fs::path>> newest;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(out, ignored)) {
    const fs::path file = entry.path() / "result.json";
    const fs::file_time_type time = fs::last_write_time(file, ignored);
    if (ignored) continue;
    if (!newest || std::pair(time, file) > *newest) newest.emplace(time, file);
  }
  if (!newest) {
    throw SetupError(
        fmt::format("there is no result in {} to save; run something first, or name "
                    "the result behind the baseline's name",
                    in_quotes(out.string(), 200)));
  }
  return newest->second;
}

/// The further runs of a set go first: whenever this ends, what is left is a baseline.
void remove_set(const fs::path& file) {
  std::error_code error;
  fs::remove_all(baseline_set(file), error);
  if (error) {
    throw SetupError(fmt::format("{} cannot be removed: {}",
                                 in_quotes(baseline_set(file).string(), 200), error.message()));
  }
}

ExitCode save(const BaselineArguments& arguments) {
  const fs::path target = baseline_file(arguments.out, arguments.name, "baseline save");
  std::error_code error;
  if (arguments.add && arguments.replace) {
    throw SetupError("--add keeps the runs that are there and --replace does not; write one");
  }
  if (fs::exists(target, error) && !arguments.replace && !arguments.add) {
    throw SetupError(
        fmt::format("there is a baseline {} already; add this run to it with --add, or "
                    "write --replace, or choose another name",
                    in_quotes(arguments.name)));
  }
  std::vector<std::string> sources = arguments.results;
  if (sources.empty()) sources.push_back(newest_result(arguments.out).string());
  // Read before anything is removed, as a source may be the baseline itself.
  const std::vector<StoredRun> runs = read_results(sources, arguments.out);
  fs::create_directories(target.parent_path(), error);
  if (!arguments.add) remove_set(target);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const fs::path file = i == 0 && !arguments.add ? target : next_baseline_run(target);
    fs::create_directories(file.parent_path(), error);
    // What was understood is written, not what was read: a baseline is whole and of this schema.
    write_file(file, write_result_json(runs[i]), "--out");
  }
  const std::size_t kept = baseline_runs(target).size();
  print(fmt::format(
      "baseline {} is {} run{}; saved: {}\n", arguments.name, kept, kept == 1 ? "" : "s",
      runs.size() == 1 ? fmt::format("{} of {}, from {}", in_quotes(runs.front().name, 100),
                                     runs.front().started_at, sources.front())
                       : fmt::format("{} runs", runs.size())));
  return ExitCode::ok;
}

ExitCode list(const BaselineArguments& arguments) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(baseline_folder(arguments.out), ignored)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  TextTable table({{"baseline", Align::left},
                   {"run", Align::left},
                   {"newest", Align::left},
                   {"runs"},
                   {"scenarios"},
                   {"repetitions"},
                   {"machine", Align::left}});
  for (const std::string& name : names) {
    const auto quoted = [](const std::string& text) {
      const std::string safe = in_quotes(text, 60);
      return safe.substr(1, safe.size() - 2);
    };
    try {
      const std::vector<fs::path> files =
          baseline_runs(baseline_file(arguments.out, name, "baseline"));
      if (files.empty()) continue;  // removed meanwhile
      const StoredRun run = read_result(files.back().string(), arguments.out);
      table.add({name, quoted(run.name), quoted(run.started_at), fmt::format("{}", files.size()),
                 fmt::format("{}", run.scenarios.size()),
                 fmt::format("{}", run.planned_repetitions),
                 quoted(run.environment.machine.host + ", " + run.environment.machine.cpu_model)});
    } catch (const std::runtime_error& error) {
      print_error(error.what());  // one bad file hides no other
    }
  }
  print(names.empty() ? "no baseline; save one with: busmark baseline save NAME\n" : table.text());
  return ExitCode::ok;
}

fs::path existing(const BaselineArguments& arguments, const char* where) {
  const fs::path file = baseline_file(arguments.out, arguments.name, where);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    throw SetupError(fmt::format("there is no baseline {} in {}; busmark baseline list shows them",
                                 in_quotes(arguments.name),
                                 in_quotes(baseline_folder(arguments.out).string(), 200)));
  }
  return file;
}

ExitCode show(const BaselineArguments& arguments) {
  const fs::path file = existing(arguments, "baseline show");
  const std::vector<fs::path> files = baseline_runs(file);
  if (files.size() > 1) print(fmt::format("The newest of {} runs.\n\n", files.size()));
  print(find_form("md")->write(read_result(files.back().string(), arguments.out)).front().text);
  return ExitCode::ok;
}

ExitCode remove(const BaselineArguments& arguments) {
  const fs::path file = existing(arguments, "baseline rm");
  remove_set(file);
  std::error_code error;
  if (!fs::remove(file, error)) {
    throw SetupError(
        fmt::format("{} cannot be removed: {}", in_quotes(file.string(), 200), error.message()));
  }
  print(fmt::format("baseline {} is removed\n", arguments.name));
  return ExitCode::ok;
}

}  // namespace

Verb baseline_verb() {
  const auto arguments = std::make_shared<BaselineArguments>();
  const Argument name{"NAME",
                      &arguments->name,
                      "",
                      "Letters, digits or any of . _ - + =",
                      {.required = true, .may_be_empty = true}};
  const Argument out{"--out", &arguments->out, "DIR", "Folder for results (default: results)"};
  return {.name = "baseline",
          .about = "Keep results by name, to compare with",
          .verbs = {{.name = "save",
                     .about = "Keep runs, by default the newest, as NAME",
                     .arguments = {name,
                                   out,
                                   {"RESULT",
                                    &arguments->results,
                                    "",
                                    "result.json or its folder, or several",
                                    {.may_be_empty = true}},
                                   {"--add", &arguments->add, "",
                                    "Beside the runs that the baseline has already"},
                                   {"--replace", &arguments->replace, "",
                                    "In the place of the baseline of that name"}},
                     .run = [arguments] { return save(*arguments); }},
                    {.name = "list",
                     .about = "Show the baselines",
                     .arguments = {out},
                     .run = [arguments] { return list(*arguments); }},
                    {.name = "show",
                     .about = "The baseline as Markdown",
                     .arguments = {name, out},
                     .run = [arguments] { return show(*arguments); }},
                    {.name = "rm",
                     .about = "Remove a baseline",
                     .arguments = {name, out},
                     .run = [arguments] { return remove(*arguments); }}}};
}

}  // namespace busmark
