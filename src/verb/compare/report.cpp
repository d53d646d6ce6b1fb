// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

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
    const std::string name = arguments.form.empty() ? "md" : arguments.form;
    const Form& form = by_ending ? *by_name.front().form : form_named(name, "--to");
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

Verb report_verb() {
  const auto arguments = std::make_shared<ReportArguments>();
  return {
      .name = "report",
      .about = "Render a stored result in another form",
      .arguments =
          {{"RESULT",
            &arguments->result,
            "",
            "result.json, its folder, or a baseline",
            {.required = true, .may_be_empty = true}},
           {"--to", &arguments->form, "FORM", "Form (default: md), see below"},
           {"--output", &arguments->output, "FILE", "Write it here instead of to standard output"},
           {"--report", &arguments->reports, "FILE", "A form by the file's ending (repeatable)"},
           {"--only", &arguments->only, "GLOB", "Only the scenarios whose name matches"},
           {"--baseline", &arguments->baseline, "NAME",
            "Show the change from it, where the form can"},
           {"--out", &arguments->out, "DIR", "Folder for results (default: results)"},
           {"--gha", &arguments->gha, "", "Step summary and annotations of GitHub Actions"}},
      .run = [arguments] { return report_command(*arguments); },
      .footer = list_forms() + "\n"};
}

}  // namespace busmark
