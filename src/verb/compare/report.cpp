// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "cli/config_options.hpp"
#include "cli/console.hpp"
#include "cli/form_output.hpp"
#include "cli/github.hpp"
#include "cli/result_input.hpp"
#include "config/selection.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

struct ReportArguments {
  std::string result;
  std::string form;
  std::string output;
  std::vector<std::string> reports;
  std::string only;
  std::string baseline;
  std::string out = "results";
  bool gha = false;
};

void print_form(const Form& form, const StoredRun& run, const RunComparison* comparison) {
  const std::vector<FormFile> files = render(form, run, comparison);
  if (files.size() > 1) {
    throw SetupError(
        fmt::format("{} makes {} files; name them with --output, or choose a scenario "
                    "with --only",
                    form.name, files.size()));
  }
  if (!files.empty()) print(files.front().text);
}

ExitCode report_command(const ReportArguments& arguments) {
  const std::vector<FormTarget> targets = plan_reports(arguments.reports);
  StoredRun run = read_result(arguments.result, arguments.out);
  if (!arguments.only.empty()) {
    std::erase_if(run.scenarios, [&](const StoredScenario& scenario) {
      return !matches_glob(arguments.only, scenario.name);
    });
    if (run.scenarios.empty()) {
      throw ConfigError({{"--only", "", "no scenario of this result matches; leave it out"}});
    }
  }
  std::optional<RunComparison> comparison;
  if (!arguments.baseline.empty()) {
    comparison = compare(read_results({arguments.baseline}, arguments.out), {&run, 1});
  }
  const RunComparison* shown = comparison ? &*comparison : nullptr;
  for (const FormTarget& target : targets) write_form(target, run, "--report", shown);
  const bool asked = !arguments.form.empty() || !arguments.output.empty();
  if (asked || (targets.empty() && !arguments.gha)) {
    const bool by_ending = arguments.form.empty() && !arguments.output.empty();
    const std::vector<FormTarget> by_name =
        by_ending ? plan_reports({arguments.output}) : std::vector<FormTarget>();
    const Form& form = by_ending
                           ? *by_name.front().form
                           : form_named(arguments.form.empty() ? "md" : arguments.form, "--to");
    if (arguments.output.empty()) {
      print_form(form, run, shown);
    } else {
      write_form({arguments.output, &form}, run, "--output", shown);
    }
  }
  if (arguments.gha) tell_github(run);
  return ExitCode::ok;
}

}  // namespace

void add_report_command(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("report", "Render a stored result in another form");
  const auto arguments = std::make_shared<ReportArguments>();
  const auto text_option = [&](const char* name, std::string& value, const char* help) {
    return command->add_option(name, value, help)->take_last()->check(needs_text);
  };
  command->add_option("RESULT", arguments->result, "result.json, its folder, or a baseline")
      ->required()
      ->type_name("");
  text_option("--to", arguments->form, "Form (default: md), see below")->type_name("FORM");
  text_option("--output", arguments->output, "Write it here instead of to standard output")
      ->type_name("FILE");
  command->add_option("--report", arguments->reports, "A form by the file's ending (repeatable)")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->check(needs_text);
  text_option("--only", arguments->only, "Only the scenarios whose name matches")
      ->type_name("GLOB");
  text_option("--baseline", arguments->baseline, "Show the change from it, where the form can")
      ->type_name("NAME");
  text_option("--out", arguments->out, "Folder for results (default: results)")->type_name("DIR");
  command->add_flag("--gha", arguments->gha, "Step summary and annotations of GitHub Actions");
  command->footer(list_forms() + "\n" + app.get_footer());
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return report_command(*arguments); }; });
}

}  // namespace busmark
