// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/compare_options.hpp"
#include "cli/console.hpp"
#include "cli/github.hpp"
#include "cli/result_input.hpp"
#include "tell/compare_text.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

struct CompareArguments {
  std::string old_result;
  std::string new_result;
  std::vector<std::string> old_results;
  std::vector<std::string> new_results;
  ComparisonFlags flags;
  std::string out = "results";
  bool gha = false;
};

/// Either form of naming the sides makes the other.
void settle_sides(CompareArguments& arguments) {
  const bool lists = !arguments.old_results.empty() || !arguments.new_results.empty();
  if (lists && !arguments.old_result.empty()) {
    throw SetupError(
        fmt::format("{} stands beside --old and --new; write it behind the one to which it belongs",
                    in_quotes(arguments.old_result, 200)));
  }
  if (!lists) {
    arguments.old_results.assign(arguments.old_result.empty() ? 0 : 1, arguments.old_result);
    arguments.new_results.assign(arguments.new_result.empty() ? 0 : 1, arguments.new_result);
  }
  if (arguments.old_results.empty() || arguments.new_results.empty()) {
    const std::string missing = arguments.new_results.empty()
                                    ? arguments.old_results.empty() ? "OLD and NEW" : "NEW"
                                    : "OLD";
    throw SetupError(
        fmt::format("compare needs {}; write compare OLD NEW, or, with several runs on a side, "
                    "compare --old RESULT... --new RESULT...",
                    missing));
  }
}

ExitCode compare_command(CompareArguments arguments) {
  settle_sides(arguments);
  const std::vector<StoredRun> old_runs = read_results(arguments.old_results, arguments.out);
  const std::vector<StoredRun> new_runs = read_results(arguments.new_results, arguments.out);
  const RunComparison comparison = compare(old_runs, new_runs, arguments.flags.options());
  print(write_compare_text(comparison, color_wanted()));
  if (arguments.gha) tell_github(comparison);
  return exit_code(comparison, arguments.flags.fail_inconclusive);
}

}  // namespace

Verb compare_verb() {
  const auto arguments = std::make_shared<CompareArguments>();
  return {.name = "compare",
          .about = "Compare stored results, run by run",
          .arguments = join(
              {{{"OLD",
                 &arguments->old_result,
                 "",
                 "result.json, a folder of runs, or a baseline",
                 {.may_be_empty = true}},
                {"NEW", &arguments->new_result, "", "The same", {.may_be_empty = true}},
                {"--old",
                 &arguments->old_results,
                 "RESULT",
                 "Runs of the old side, several of them",
                 {.takes_all = true}},
                {"--new",
                 &arguments->new_results,
                 "RESULT",
                 "Runs of the new side",
                 {.takes_all = true}}},
               arguments->flags.arguments(),
               {{"--out", &arguments->out, "DIR", "Folder for results (default: results)"},
                {"--gha", &arguments->gha, "", "Step summary and annotations of GitHub Actions"}}}),
          .run = [arguments] { return compare_command(*arguments); }};
}

}  // namespace busmark
