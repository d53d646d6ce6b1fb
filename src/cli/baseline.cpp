// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "busmark/core/error.hpp"
#include "busmark/core/quote.hpp"
#include "busmark/report/forms.hpp"
#include "busmark/report/result_json.hpp"
#include "busmark/report/text_table.hpp"

#include "commands.hpp"
#include "config_options.hpp"
#include "console.hpp"
#include "output.hpp"
#include "result_input.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using Align = TextTable::Align;

struct BaselineArguments {
  std::string name;
  std::string result;
  std::string out = "results";
  bool replace = false;
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

ExitCode save(const BaselineArguments& arguments) {
  const fs::path target = baseline_file(arguments.out, arguments.name, "baseline save");
  std::error_code error;
  if (fs::exists(target, error) && !arguments.replace) {
    throw SetupError(
        fmt::format("there is a baseline {} already; add --replace, or choose another "
                    "name",
                    in_quotes(arguments.name)));
  }
  const std::string source =
      arguments.result.empty() ? newest_result(arguments.out).string() : arguments.result;
  const StoredRun run = read_result(source, arguments.out);
  fs::create_directories(target.parent_path(), error);
  // What was understood is written, not what was read: a baseline is whole and of this schema.
  write_file(target, write_result_json(run), "--out");
  print(fmt::format("baseline {} is {} of {}, from {}\n", arguments.name, in_quotes(run.name, 100),
                    run.started_at, source));
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
                   {"started", Align::left},
                   {"scenarios"},
                   {"repetitions"},
                   {"machine", Align::left}});
  for (const std::string& name : names) {
    const auto quoted = [](const std::string& text) {
      const std::string safe = in_quotes(text, 60);
      return safe.substr(1, safe.size() - 2);
    };
    try {
      const StoredRun run =
          read_result(baseline_file(arguments.out, name, "baseline").string(), arguments.out);
      table.add({name, quoted(run.name), quoted(run.started_at),
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
  print(find_form("md")->write(read_result(file.string(), arguments.out)).front().text);
  return ExitCode::ok;
}

ExitCode remove(const BaselineArguments& arguments) {
  const fs::path file = existing(arguments, "baseline rm");
  std::error_code error;
  if (!fs::remove(file, error)) {
    throw SetupError(
        fmt::format("{} cannot be removed: {}", in_quotes(file.string(), 200), error.message()));
  }
  print(fmt::format("baseline {} is removed\n", arguments.name));
  return ExitCode::ok;
}

}  // namespace

void add_baseline_command(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("baseline", "Keep results by name, to compare with");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<BaselineArguments>();
  const auto add = [&](const char* name, const char* help, bool named,
                       ExitCode (*execute)(const BaselineArguments&)) {
    CLI::App* command = group->add_subcommand(name, help);
    if (named) {
      command->add_option("NAME", arguments->name, "Letters, digits or any of . _ - + =")
          ->required()
          ->type_name("");
    }
    add_text(*command, "--out", arguments->out, "Folder for results (default: results)", "DIR");
    command->callback([arguments, &chosen, execute] {
      chosen = [arguments, execute] { return execute(*arguments); };
    });
    return command;
  };
  CLI::App* keep = add("save", "Keep a result, by default the newest, as NAME", true, save);
  keep->add_option("RESULT", arguments->result, "result.json or its folder")->type_name("");
  keep->add_flag("--replace", arguments->replace, "In the place of the baseline of that name");
  add("list", "Show the baselines", false, list);
  add("show", "The baseline as Markdown", true, show);
  add("rm", "Remove a baseline", true, remove);
}

}  // namespace busmark
