// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>

#include "busmark/analysis/verdict.hpp"
#include "busmark/engine/runner.hpp"
#include "busmark/report/result_json.hpp"
#include "busmark/report/text_report.hpp"
#include "commands.hpp"
#include "config_options.hpp"
#include "console.hpp"
#include "live_line.hpp"
#include "output.hpp"

namespace busmark {
namespace {

struct RunArguments {
  ConfigOptions config;
  std::string json;
  std::string out;
  bool strict = false;
};

StopFlag stop_requested{false};

extern "C" void on_interrupt(int) {
  if (stop_requested.exchange(true)) _exit(static_cast<int>(ExitCode::interrupted));
  constexpr char kText[] = "\nbusmark: finishing; interrupt again to leave at once\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText, sizeof kText - 1);
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

std::vector<CpuId> measured_cores(const RunPlan& plan) {
  std::vector<CpuId> cores;
  for (const PlannedScenario& scenario : plan.scenarios) {
    cores.insert(cores.end(), scenario.placement.cpus.begin(), scenario.placement.cpus.end());
  }
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

ExitCode run_command(const RunArguments& arguments) {
  RunConfig config = arguments.config.load();
  if (!arguments.out.empty()) config.run.out = arguments.out;
  const RunPlan plan = make_plan(config, read_topology());
  const RunFolder folder(config.run.out, config.run.name);
  if (!arguments.json.empty()) check_writable(arguments.json);

  catch_interrupts();
  const Clock clock = Clock::calibrate();
  LiveProgress progress(clock);
  RunResult result;
  {
    const LiveLine line(progress, measured_cores(plan));
    result = run(plan, clock, stop_requested, progress);
  }
  const JudgedRun judged = judge(result);
  const std::string json = write_result_json(judged);
  write_file(folder.path() / "result.json", json);
  if (!arguments.json.empty()) write_file(arguments.json, json);
  print(write_text_report(judged, color_wanted()));
  print(fmt::format("result   {}\n", (folder.path() / "result.json").string()));
  return exit_code(judged, arguments.strict);
}

}  // namespace

void add_run_command(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("run", "Measure the scenarios of a config and judge them");
  const auto arguments = std::make_shared<RunArguments>();
  arguments->config.add_to(*command);
  command->add_option("--json", arguments->json, "Write the result here too")->type_name("FILE");
  command->add_option("--out", arguments->out, "Folder for results (default: results)")
      ->type_name("DIR");
  command->add_flag("--strict", arguments->strict, "A warning counts as a failed budget");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run_command(*arguments); }; });
}

}  // namespace busmark
