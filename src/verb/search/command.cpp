// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "cli/compare_options.hpp"
#include "cli/config_options.hpp"
#include "cli/console.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "engine/runner.hpp"
#include "live/line.hpp"
#include "machine/environment.hpp"
#include "plan/plan.hpp"
#include "record/run_result.hpp"
#include "verb/search/search.hpp"
#include "verb/search/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct SearchArguments {
  ConfigOptions config;
  std::vector<std::string> budgets;
  std::string lowest = "1k/s";
  std::string highest = "100M/s";
  std::string start = "10k/s";
  std::string precision = "2%";
  std::string trial = "500ms";
  std::string json;
  std::string out;
};

double rate_of(const std::string& text, const std::string& flag) {
  try {
    return parse_rate(text).per_second;
  } catch (const std::invalid_argument& error) {
    throw ConfigError({{flag, "", error.what()}});
  }
}

RateSearchRules rules_of(const SearchArguments& arguments) {
  RateSearchRules rules;
  rules.lowest = rate_of(arguments.lowest, "--min");
  rules.highest = rate_of(arguments.highest, "--max");
  rules.start = rate_of(arguments.start, "--start");
  if (rules.lowest > rules.highest) {
    throw ConfigError(
        {{"--min", "",
          fmt::format("{} lies above --max, which is {}", arguments.lowest, arguments.highest)}});
  }
  rules.precision = parse_share(arguments.precision, "--precision");
  if (rules.precision < 0.001) {
    throw ConfigError({{"--precision", "", "must be 0.1% or more: no machine is steadier"}});
  }
  return rules;
}

std::vector<Budget> budgets_of(const SearchArguments& arguments) {
  std::vector<Budget> budgets;
  for (const std::string& text : arguments.budgets) {
    try {
      budgets.push_back(parse_budget(text));
    } catch (const std::invalid_argument& error) {
      throw ConfigError({{"--budget", "", error.what()}});
    }
  }
  return budgets;
}

/// Every scenario as it is tried: once, for a short time; the load is the first rate's.
RunConfig trial_config(const SearchArguments& arguments, double first_rate) {
  const Nanoseconds trial = parse_duration_option(arguments.trial, 10ms, "--trial");
  ConfigOptions options = arguments.config;
  options.set.push_back(fmt::format("scenario.load={}/s", first_rate));
  options.set.push_back(fmt::format("scenario.duration={}ns", trial.count()));
  options.set.push_back(fmt::format("scenario.warmup={}ns", (trial / 2).count()));
  options.set.emplace_back("run.repetitions=1");
  options.set.emplace_back("run.retries=0");
  RunConfig config = options.load();
  const std::vector<Budget> budgets = budgets_of(arguments);
  for (Scenario& scenario : config.scenarios) {
    if (!budgets.empty()) scenario.budget = budgets;
    if (scenario.budget.empty()) {
      scenario.budget = {parse_budget("p95 < 5ms"), parse_budget("lost == 0")};
    }
    // What a rate far too high leaves unsent is counted, not waited for.
    scenario.drain = std::min(scenario.drain, trial);
  }
  return config;
}

void refuse_unsuited(const RunConfig& config) {
  for (const Scenario& scenario : config.scenarios) {
    if (compares_cpu(scenario.budget)) {
      throw SetupError(
          fmt::format("scenario {}: search tries each rate too few times for cpu_overhead; leave "
                      "that budget out, or choose other scenarios with --only",
                      scenario.name));
    }
    if (scenario.stages.empty()) continue;
    throw SetupError(
        fmt::format("scenario {}: search tries steady rates; leave out stages, or choose other "
                    "scenarios with --only",
                    scenario.name));
  }
}

/// Searches one scenario.
class ScenarioSearch {
 public:
  /// `config` has that scenario alone.
  ScenarioSearch(RunConfig config, const RateSearchRules& rules, const Topology& topology)
      : config_(std::move(config)), rules_(rules), topology_(topology) {}

  SearchedScenario run(const RunSession& session, const StopFlag& stop, LiveProgress& progress) {
    const Scenario& scenario = config_.scenarios[0];
    SearchedScenario found{.name = scenario.name,
                           .transport = scenario.transport,
                           .budget = {},
                           .rules = rules_,
                           .result = {}};
    for (const Budget& budget : scenario.budget) found.budget.push_back(budget.text);
    RateSearch search(rules_, scenario.budget.size());
    const Nanoseconds length = scenario.duration;
    std::uint32_t trial = 0;
    while (const std::optional<NextTrial> next = search.next()) {
      if (stop.load()) break;
      const std::optional<RunPlan> plan = plan_at(*next, length, trial > 0);
      if (!plan) {
        search.forbid(next->rate / 1.5);  // the memory does not suffice for its books
        continue;
      }
      const RunResult result = session.run(*plan, stop, progress, {trial, trial + 1});
      ++trial;
      if (stop.load()) break;
      const JudgedScenario judged = judge(result.scenarios[0]);
      if (judged.verdict.verdict == Verdict::skip) {
        throw SetupError(fmt::format("{}: {}", scenario.name, result.scenarios[0].skipped));
      }
      search.add(read_trial(judged));
    }
    found.result = search.result();
    return found;
  }

  static constexpr std::uint32_t kUsualTrials = 50;

 private:
  /// Nothing where this rate cannot be tried on this machine.
  std::optional<RunPlan> plan_at(const NextTrial& trial, Nanoseconds length, bool may_refuse) {
    Scenario& scenario = config_.scenarios[0];
    scenario.load.rate = MessageRate{trial.rate};
    scenario.duration = trial.full ? length : std::max(length / 4, std::min(length, kShortest));
    scenario.warmup = scenario.duration / 2;
    try {
      return make_plan(config_, topology_);
    } catch (const SetupError&) {
      if (!may_refuse) throw;
    } catch (const ConfigError&) {
      if (!may_refuse) throw;
    }
    return std::nullopt;
  }

  static constexpr Nanoseconds kShortest = 100ms;

  RunConfig config_;
  RateSearchRules rules_;
  const Topology& topology_;
};

ExitCode exit_code(const SearchSession& session) {
  if (session.interrupted) return ExitCode::interrupted;
  ExitCode code = ExitCode::ok;
  for (const SearchedScenario& scenario : session.scenarios) {
    const RateSearchResult& result = scenario.result;
    if (result.unclear) return ExitCode::invalid;
    if (result.sustainable && result.complete && !result.confirmed) return ExitCode::invalid;
    if (!result.sustainable) code = ExitCode::budget_failed;
  }
  return code;
}

ExitCode search_command(const SearchArguments& arguments) {
  const RateSearchRules rules = rules_of(arguments);
  const RunConfig config = trial_config(arguments, rules.start);
  refuse_unsuited(config);
  const Topology topology = read_topology();
  const RunPlan all = make_plan(config, topology);
  if (config.run.cores.sweep) {
    throw SetupError(
        "search tries one placement: write run.cores = \"auto\" or two cores instead of "
        "\"sweep\"");
  }
  if (!arguments.json.empty()) check_writable(arguments.json, "--json");
  RunFolder folder(arguments.out.empty() ? config.run.out : arguments.out,
                   config.run.name + "-search");
  const StopFlag& stop = catch_interrupts();
  const Clock clock = choose_clock(all);
  const Environment environment = read_environment();
  SearchSession session{.config = arguments.config.config.string(),
                        .started_at = utc_now(),
                        .machine = environment.host + ", " + environment.cpu_model,
                        .version = environment.build.version,
                        .trial = parse_duration_option(arguments.trial, 10ms, "--trial"),
                        .scenarios = {},
                        .interrupted = false};
  LiveProgress progress(clock);
  {
    const LiveLine line(progress, measured_cores(all));
    const RunSession runs({all}, clock);
    progress.begin_run(static_cast<std::uint32_t>(all.scenarios.size()),
                       ScenarioSearch::kUsualTrials * all.planned);
    for (const Scenario& scenario : config.scenarios) {
      if (stop.load()) break;
      ScenarioSearch search({.run = config.run, .scenarios = {scenario}}, rules, topology);
      session.scenarios.push_back(search.run(runs, stop, progress));
    }
  }
  session.interrupted = stop.load();
  const HoldInterrupts hold;
  const std::string json = write_search_json(session);
  print(write_search_text(session, color_wanted()));
  const fs::path& made = folder.create();
  write_file(made / "search.json", json, "--out");
  print(fmt::format("result   {}\n", (made / "search.json").string()));
  if (!arguments.json.empty()) write_file(arguments.json, json, "--json");
  return exit_code(session);
}

}  // namespace

Verb search_verb() {
  const auto arguments = std::make_shared<SearchArguments>();
  return {
      .name = "search",
      .about = "Find the highest rate that holds the budgets",
      .arguments = join(
          {arguments->config.arguments(false),
           {{"--budget", &arguments->budgets, "BUDGET",
             "A goal of its own (repeatable; default: the config's)"},
            {"--min", &arguments->lowest, "RATE", "Lowest rate to try (1k/s)"},
            {"--max", &arguments->highest, "RATE", "Highest rate to try (100M/s)"},
            {"--start", &arguments->start, "RATE", "First rate to try (10k/s)"},
            {"--precision", &arguments->precision, "SHARE", "Upper bound above lower bound (2%)"},
            {"--trial", &arguments->trial, "TIME",
             "Measured time of a trial near the edge (500ms)"},
            {"--json", &arguments->json, "FILE", "Write search.json here too"},
            {"--out", &arguments->out, "DIR", "Folder for results (default: results)"}}}),
      .run = [arguments] { return search_command(*arguments); }};
}

}  // namespace busmark
