// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/ab.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "busmark/analysis/paired.hpp"
#include "busmark/core/error.hpp"
#include "busmark/core/quote.hpp"
#include "busmark/engine/runner.hpp"
#include "busmark/report/ab_json.hpp"
#include "busmark/report/compare_text.hpp"

#include "ab_blocks.hpp"
#include "ab_collector.hpp"
#include "commands.hpp"
#include "compare_options.hpp"
#include "console.hpp"
#include "core_list.hpp"
#include "github.hpp"
#include "interrupts.hpp"
#include "output.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kRounds = 20;
constexpr double kThreshold = 0.02;

struct AbArguments {
  ConfigOptions config;
  std::vector<std::string> a;
  std::vector<std::string> b;
  std::string a_program;
  std::string b_program;
  std::uint32_t rounds = kRounds;
  std::string block = "200ms";
  ComparisonFlags comparison;
  std::string json;
  std::string out;
  bool gha = false;
};

fs::path program_at(const std::string& text, const std::string& flag) {
  if (text.empty()) return {};
  std::error_code error;
  const fs::path path = fs::canonical(text, error);
  if (error || !fs::is_regular_file(path, error) || access(path.c_str(), X_OK) != 0) {
    throw SetupError(fmt::format("{} {} is no program that can be started; name a busmark binary",
                                 flag, in_quotes(text, 200)));
  }
  return path;
}

AbSide read_side(const std::vector<std::string>& texts, const std::string& program,
                 const std::string& flag) {
  AbSide side;
  for (const std::string& text : texts) {
    const std::vector<std::string> settings = parse_side(text, flag);
    side.settings.insert(side.settings.end(), settings.begin(), settings.end());
  }
  side.program = program_at(program, flag + "-binary");
  return side;
}

/// Where one side has a program of its own, the other has this one.
bool by_programs(AbBlockPlan& plan) {
  if (plan.a.program.empty() && plan.b.program.empty()) return false;
  for (AbSide* side : {&plan.a, &plan.b}) {
    if (side->program.empty()) side->program = program_at("/proc/self/exe", "busmark");
  }
  return true;
}

AbBlockPlan plan_blocks(const AbArguments& arguments) {
  AbBlockPlan plan;
  plan.config = arguments.config;
  plan.a = read_side(arguments.a, arguments.a_program, "--a");
  plan.b = read_side(arguments.b, arguments.b_program, "--b");
  if (plan.a.settings.empty() && plan.b.settings.empty() && plan.a.program.empty() &&
      plan.b.program.empty()) {
    throw ConfigError({{"ab", "",
                        "nothing is to differ; write for example --b transport=queue/mpmc, or "
                        "--b-binary PATH"}});
  }
  constexpr Nanoseconds kShortest = std::chrono::milliseconds(10);
  plan.duration = parse_duration_option(arguments.block, kShortest, "--block");
  plan.blocks = arguments.rounds * static_cast<std::uint32_t>(kAbArms);
  return plan;
}

CompareOptions options_of(const AbArguments& arguments) {
  CompareOptions options = arguments.comparison.options();
  if (arguments.comparison.threshold.empty()) options.threshold = kThreshold;
  return options;
}

ExitCode deliver(const AbArguments& arguments, const AbSession& session,
                 const CompareOptions& options, RunFolder& folder) {
  const HoldInterrupts hold;
  const RunComparison comparison = compare_blocks(session, options);
  const std::string json = write_ab_json(session, comparison);
  print(write_compare_text(comparison, color_wanted()));
  const fs::path& made = folder.create();
  write_file(made / "ab.json", json, "--out");
  print(fmt::format("result   {}\n", (made / "ab.json").string()));
  if (!arguments.json.empty()) write_file(arguments.json, json, "--json");
  if (arguments.gha) tell_github(comparison);
  if (session.interrupted) return ExitCode::interrupted;
  return exit_code(comparison, arguments.comparison.fail_inconclusive);
}

ExitCode ab_command(const AbArguments& arguments) {
  AbBlockPlan plan = plan_blocks(arguments);
  const CompareOptions options = options_of(arguments);
  const bool programs = by_programs(plan);
  const RunConfig config = programs ? arguments.config.load() : side_config(plan, plan.a);
  if (arguments.gha) require_github();
  if (!arguments.json.empty()) check_writable(arguments.json, "--json");
  RunFolder folder(arguments.out.empty() ? config.run.out : arguments.out, config.run.name + "-ab");

  std::vector<AbArm> arms;
  for (const auto& order : ab_orders(arguments.rounds, config.run.seed)) {
    arms.insert(arms.end(), order.begin(), order.end());
  }
  AbSession session;
  session.config = arguments.config.config.string();
  session.a = plan.a.text();
  session.b = plan.b.text();
  session.started_at = utc_now();
  session.planned_rounds = arguments.rounds;
  session.block = plan.duration;
  AbCollector collector(session);
  const AbBlockSink sink = [&](AbArm arm, std::uint32_t block, const StoredRun& run) {
    collector.add(arm, block, run);
    return true;
  };
  const StopFlag& stop = catch_interrupts();
  if (programs) {
    run_blocks_by_programs(plan, arms, stop, sink);
  } else {
    run_blocks_here(plan, arms, stop, sink);
  }
  session.interrupted = stop.load();
  return deliver(arguments, session, options, folder);
}

}  // namespace

void add_ab_command(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("ab", "Compare two settings or binaries in interleaved blocks");
  const auto arguments = std::make_shared<AbArguments>();
  arguments->config.add_to(*command, false);
  const auto text = [&](const char* name, auto& target, const char* help, const char* type) {
    return command->add_option(name, target, help)->type_name(type)->check(needs_text);
  };
  text("--a", arguments->a, "What A sets, any keys (default: the config as it is)", "KEY=VALUE,...")
      ->allow_extra_args(false);
  text("--b", arguments->b, "What B sets", "KEY=VALUE,...")->allow_extra_args(false);
  text("--a-binary", arguments->a_program, "Another busmark that runs A", "PATH")->take_last();
  text("--b-binary", arguments->b_program, "Another busmark that runs B", "PATH")->take_last();
  command->add_option("--rounds", arguments->rounds, "Rounds of A, B and a copy of A (20)")
      ->type_name("N")
      ->take_last()
      ->check(CLI::Range(1, 1000));
  text("--block", arguments->block, "Measured time of a scenario in a block (200ms)", "DURATION")
      ->take_last();
  arguments->comparison.add_to(*command, "2%", false);
  text("--json", arguments->json, "Write ab.json here too", "FILE")->take_last();
  text("--out", arguments->out, "Folder for results (default: results)", "DIR")->take_last();
  command->add_flag("--gha", arguments->gha, "Step summary and annotations of GitHub Actions");
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return ab_command(*arguments); }; });
}

}  // namespace busmark
