// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "busmark/report/compare_text.hpp"

#include "commands.hpp"
#include "compare_options.hpp"
#include "config_options.hpp"
#include "console.hpp"
#include "github.hpp"
#include "result_input.hpp"

namespace busmark {
namespace {

struct CompareArguments {
  std::string old_result;
  std::string new_result;
  ComparisonFlags flags;
  std::string out = "results";
  bool gha = false;
};

ExitCode compare_command(const CompareArguments& arguments) {
  const StoredRun old_run = read_result(arguments.old_result, arguments.out);
  const StoredRun new_run = read_result(arguments.new_result, arguments.out);
  const RunComparison comparison = compare(old_run, new_run, arguments.flags.options());
  print(write_compare_text(comparison, color_wanted()));
  if (arguments.gha) tell_github(comparison);
  return exit_code(comparison, arguments.flags.fail_inconclusive);
}

}  // namespace

void add_compare_command(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("compare", "Compare two stored results, repetition by repetition");
  const auto arguments = std::make_shared<CompareArguments>();
  command->add_option("OLD", arguments->old_result, "result.json, its folder, or a baseline")
      ->required()
      ->type_name("");
  command->add_option("NEW", arguments->new_result, "The same")->required()->type_name("");
  arguments->flags.add_to(*command);
  add_text(*command, "--out", arguments->out, "Folder for results (default: results)", "DIR");
  command->add_flag("--gha", arguments->gha, "Step summary and annotations of GitHub Actions");
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return compare_command(*arguments); }; });
}

}  // namespace busmark
