// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/blocks.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "busmark/base/error.hpp"

#include "base/escape.hpp"
#include "base/process.hpp"
#include "base/quote.hpp"
#include "cli/output.hpp"
#include "cli/result_input.hpp"
#include "config/file.hpp"
#include "engine/runner.hpp"
#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "live/line.hpp"
#include "machine/affinity.hpp"
#include "plan/plan.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

const AbSide& side_of(const AbBlockPlan& plan, AbArm arm) {
  return arm == AbArm::b ? plan.b : plan.a;
}

/// Blocks below go without witness and probes: those would take longer, and what the machine does
/// to one block the others of its round and the ranks bear.
constexpr Nanoseconds kShortestWitnessed = std::chrono::milliseconds(100);

/// Half as long as the measured time: a block begins on a machine that has just done the same.
Nanoseconds warmup_of(const AbBlockPlan& plan) { return plan.duration / 2; }

std::vector<std::string> settings_of(const AbBlockPlan& plan, const AbSide& side) {
  std::vector<std::string> settings = plan.config.set;
  settings.insert(settings.end(), side.settings.begin(), side.settings.end());
  settings.push_back(fmt::format("scenario.duration={}ns", plan.duration.count()));
  settings.push_back(fmt::format("scenario.warmup={}ns", warmup_of(plan).count()));
  settings.emplace_back("run.repetitions=1");
  settings.emplace_back("run.retries=0");
  return settings;
}

std::string names(const RunPlan& plan) {
  std::vector<std::string> list;
  for (const PlannedScenario& planned : plan.scenarios) list.push_back(planned.scenario.name);
  return fmt::format("{}", fmt::join(list, ", "));
}

}  // namespace

std::string last_line(const fs::path& log) {
  std::ifstream file(log);
  std::string line;
  std::string last = "it printed nothing";
  while (std::getline(file, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

std::string AbSide::text() const {
  std::vector<std::string> keys;
  for (const std::string& setting : settings) {
    constexpr std::string_view kScenario = "scenario.";
    keys.push_back(setting.starts_with(kScenario) ? setting.substr(kScenario.size()) : setting);
  }
  std::string text = keys.empty() ? "" : fmt::format("{}", fmt::join(keys, ","));
  if (!program.empty()) text += (text.empty() ? "" : " by ") + program.string();
  return text.empty() ? "the config as it is" : text;
}

std::vector<std::string> parse_side(const std::string& text, const std::string& flag) {
  std::vector<std::string> settings(1);
  int depth = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0 && !quoted) {
      settings.emplace_back();
    } else {
      settings.back() += c;
    }
  }
  for (std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw ConfigError({{flag, "",
                          fmt::format("{} is no KEY=VALUE; write for example "
                                      "{} transport=queue/mpmc, or {}-binary for another busmark",
                                      in_quotes(setting), flag, flag)}});
    }
    if (setting.find('.') > equals) setting.insert(0, "scenario.");
  }
  return settings;
}

RunConfig side_config(const AbBlockPlan& plan, const AbSide& side) {
  ConfigOptions options = plan.config;
  options.set = settings_of(plan, side);
  return options.load();
}

void run_blocks_here(const AbBlockPlan& plan, const std::vector<AbArm>& arms, const StopFlag& stop,
                     const AbBlockSink& sink) {
  const Topology topology = read_topology();
  std::vector<RunPlan> sides;
  for (const AbSide* side : {&plan.a, &plan.b}) {
    sides.push_back(make_plan(side_config(plan, *side), topology));
    sides.back().options.seed += plan.seed;
  }
  if (names(sides[0]) != names(sides[1])) {
    throw ConfigError(
        {{"--b", "",
          fmt::format("the sides must have scenarios of the same names, but A has {} and B has "
                      "{}; set a key that is swept on both sides",
                      in_quotes(names(sides[0]), 200), in_quotes(names(sides[1]), 200))}});
  }
  const Clock clock = choose_clock(sides[0]);
  LiveProgress progress(clock);
  std::vector<CpuId> measured = measured_cores(sides[0]);
  const std::vector<CpuId> others = measured_cores(sides[1]);
  measured.insert(measured.end(), others.begin(), others.end());
  const LiveLine line(progress, measured);
  const RunSession session(sides, clock);
  Nanoseconds planned{};
  for (const AbArm arm : arms) planned += sides[arm == AbArm::b ? 1 : 0].planned;
  if (plan.at_most) planned = *plan.at_most;
  progress.begin_run(static_cast<std::uint32_t>(sides[0].scenarios.size()), planned);
  for (std::uint32_t block = 0; block < arms.size(); ++block) {
    const RunPlan& side = sides[arms[block] == AbArm::b ? 1 : 0];
    const RunResult result = session.run(
        side, stop, progress,
        {.first = block, .all = plan.blocks, .lean = plan.duration < kShortestWitnessed});
    if (stop.load()) return;
    if (!sink(arms[block], block, store(judge(result)))) return;
  }
}

void run_blocks_by_programs(const AbBlockPlan& plan, const std::vector<AbArm>& arms,
                            const StopFlag& stop, const AbBlockSink& sink) {
  const PrivateFolder folder("busmark-ab-");
  LiveProgress progress(Clock::calibrate());
  // Nobody here knows which cores the programs measure: lines appear between blocks only.
  const LiveLine line(progress, allowed_cpus());
  const Nanoseconds start_up = std::chrono::milliseconds(500);
  const RunConfig config = side_config(plan, {});
  fs::path config_file = plan.config.config;
  if (plan.config.is_stream()) {
    config_file = folder.path() / (file_part(config.run.name) + ".toml");
    write_file(config_file, plan.config.text(), "TMPDIR");
  }
  const Nanoseconds planned =
      static_cast<std::int64_t>(arms.size()) * (planned_time(config) + start_up);
  progress.begin_run(1, plan.at_most.value_or(planned));
  for (std::uint32_t block = 0; block < arms.size() && !stop.load(); ++block) {
    const AbSide& side = side_of(plan, arms[block]);
    progress.begin_scenario(config.run.name, 1, plan.blocks);
    progress.begin_repetition(block + 1);
    const fs::path json = folder.path() / "block.json";
    const fs::path log = folder.path() / "block.log";
    const fs::path out = folder.path() / "out";
    std::error_code ignored;
    fs::remove_all(out, ignored);
    fs::remove(json, ignored);
    ChildProcess::Command command{.program = side.program, .arguments = {}, .cpus = {}, .log = log};
    command.arguments = {"run", config_file.string()};
    std::vector<std::string> settings = settings_of(plan, side);
    settings.push_back(fmt::format("run.seed={}", config.run.seed + plan.seed + block));
    for (const std::string& setting : settings) {
      command.arguments.insert(command.arguments.end(), {"--set", setting});
    }
    const std::vector<std::string> selection = plan.config.selection();
    command.arguments.insert(command.arguments.end(), selection.begin(), selection.end());
    command.arguments.insert(command.arguments.end(),
                             {"--out", out.string(), "--json", json.string()});
    ChildProcess child(command);
    while (!child.wait_for_end(deadline_in(std::chrono::milliseconds(50)))) {
      if (stop.load()) return;
    }
    if (stop.load()) return;
    if (!fs::exists(json, ignored)) {
      throw SetupError(fmt::format("{} gave no result: {}", in_quotes(side.program.string(), 200),
                                   in_quotes(last_line(log), 300)));
    }
    const StoredRun run = read_result_json(read_result_file(json), side.program.string());
    if (!sink(arms[block], block, run)) return;
  }
}

}  // namespace busmark
