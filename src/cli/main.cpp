// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "busmark/core/build_info.hpp"
#include "busmark/core/error.hpp"
#include "commands.hpp"
#include "console.hpp"

namespace {

using namespace busmark;

constexpr const char* kExitCodes =
    "Exit codes: 0 passed or warned, 1 a budget failed, 2 usage, config or machine, 4 a result that "
    "cannot be trusted, 5 nothing ran, 130 interrupted.";

std::string version_text() {
  const BuildInfo build = build_info();
  std::string text = fmt::format("busmark {}\ncompiler  {}\nflags     {}\nallocator {}\n",
                                 build.version, build.compiler, build.flags, build.allocator);
  for (const LibraryVersion& library : build.libraries) {
    text += fmt::format("{:<9} {}\n", library.name, library.version);
  }
  return text;
}

int execute(int argc, char** argv) {
  CLI::App app{"busmark: latency and throughput of event buses, measured honestly", "busmark"};
  app.set_version_flag("--version", [] { return version_text(); }, "Version, compiler, allocator");
  app.require_subcommand(1);
  app.footer(kExitCodes);
  Command chosen;
  add_run_command(app, chosen);
  add_plan_command(app, chosen);
  add_list_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    print(version_text());
    return 0;
  } catch (const CLI::CallForHelp&) {
    const auto parsed = app.get_subcommands();
    print(parsed.empty() ? app.help() : parsed.front()->help());
    return 0;
  } catch (const CLI::ParseError& error) {
    print_error(fmt::format("{}; busmark --help shows what there is", error.what()));
    return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(chosen());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write, not the end of a run
  try {
    return execute(argc, argv);
  } catch (const ConfigError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) print_error(diagnostic.text());
  } catch (const std::exception& error) {
    print_error(error.what());
  }
  return static_cast<int>(ExitCode::usage);
}
