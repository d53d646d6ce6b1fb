// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/build_info.hpp"
#include "cli/console.hpp"
#include "cli/usage.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  busmark run bench_configs/quick.toml\n"
    "  busmark plan bench_configs/core.toml --only '*spsc*' --set scenario.load=50k/s\n\n";

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0    all passed; warnings included, unless --strict\n"
    "  1    a budget failed; soak: a leak; selftest: the instrument is wrong\n"
    "  2    the command line, the config, the machine or the output refuses\n"
    "  3    a comparison has confirmed a regression\n"
    "  4    a result cannot be trusted; soak: cannot be told yet; selftest: too\n"
    "       disturbed; doctor: unfit\n"
    "  5    nothing ran\n"
    "  6    a budget is inconclusive, and none failed; 0 with --lenient\n"
    "  125  inconclusive, with --fail-inconclusive\n"
    "  130  interrupted; what was measured is written and marked so";

std::string version_text() {
  const BuildInfo build = build_info();
  std::string text = fmt::format("busmark {}\ncompiler  {}\nflags     {}\nallocator {}\n",
                                 build.version, build.compiler, build.flags, build.allocator);
  for (const LibraryVersion& library : build.libraries) {
    text += fmt::format("{:<9} {}\n", library.name, library.version);
  }
  return text;
}

}  // namespace

ExitCode run_program(int argc, char** argv) {
  CLI::App app{"busmark: latency and throughput of event buses, measured honestly", "busmark"};
  app.set_version_flag(
      "--version", [] { return version_text(); }, "Version, compiler, allocator");
  app.require_subcommand(1);
  constexpr std::size_t kOptionColumns = 22;
  app.get_formatter()->column_width(kOptionColumns);
  app.footer(kExitCodes);  // the subcommands' too
  Command chosen;
  add_run_command(app, chosen);
  add_plan_command(app, chosen);
  add_list_command(app, chosen);
  add_ab_command(app, chosen);
  add_search_command(app, chosen);
  add_soak_command(app, chosen);
  add_tune_command(app, chosen);
  add_profile_command(app, chosen);
  add_compare_command(app, chosen);
  add_baseline_command(app, chosen);
  add_report_command(app, chosen);
  add_history_command(app, chosen);
  add_hist_command(app, chosen);
  add_cores_command(app, chosen);
  add_noise_command(app, chosen);
  add_self_test_command(app, chosen);
  add_doctor_command(app, chosen);
  add_agent_command(app, chosen);
  add_generate_command(app, chosen);
  app.footer(std::string(kExamples) + kExitCodes);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    print(version_text());
    return ExitCode::ok;
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    print_error(usage_mistake(app, error));
    return ExitCode::usage;
  }
  return chosen();
}

}  // namespace busmark
