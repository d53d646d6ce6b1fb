// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/command.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "cli/compare_options.hpp"
#include "cli/console.hpp"
#include "cli/interrupts.hpp"
#include "engine/runner.hpp"
#include "machine/environment.hpp"
#include "machine/huge_pages.hpp"
#include "machine/process_tuning.hpp"
#include "verb/tune/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr double kAutoThreshold = 0.02;
constexpr double kMarkThreshold = 0.10;

/// A scenario of a sweep bears the swept value in its name, so another value is another scenario.
void refuse_swept_knob(const Scenario& scenario) {
  for (const TuneKnob knob : {TuneKnob::wait, TuneKnob::transport, TuneKnob::batch}) {
    const std::string part = fmt::format("/{}=", to_string(knob));
    const std::size_t at = scenario.name.find(part);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + part.size();
    // A transport's own name has a stroke in it.
    const std::string value =
        knob == TuneKnob::transport
            ? scenario.transport
            : scenario.name.substr(begin, scenario.name.find('/', begin) - begin);
    throw SetupError(
        fmt::format("scenario {}: {} is swept, and tune is to turn it from one value; write --set "
                    "scenario.{}={} and leave it out of --only",
                    scenario.name, to_string(knob), to_string(knob), value));
  }
}

ExitCode choose_mode(const TuneArguments& arguments) {
  return arguments.automatic ? tune_automatically(arguments) : watch_and_mark(arguments);
}

}  // namespace

RunConfig tune_config(const TuneArguments& arguments) {
  RunConfig config = arguments.config.load();
  require_one_scenario(config, arguments.config, "tune");
  const Scenario& scenario = config.scenarios.front();
  if (const std::string why = why_not_tunable(scenario); !why.empty()) {
    throw SetupError(fmt::format("scenario {}: {}", scenario.name, why));
  }
  if (config.run.cores.sweep) {
    throw SetupError(
        "tune begins at one placement: write run.cores = \"auto\" or a list of cores instead of "
        "\"sweep\"");
  }
  if (arguments.automatic) refuse_swept_knob(scenario);
  return config;
}

TuneLedger begin_ledger(const TuneArguments& arguments, const RunConfig& config) {
  const std::vector<std::string> names = measure_names();
  if (std::find(names.begin(), names.end(), arguments.measure) == names.end()) {
    throw ConfigError(
        {{"--measure", "",
          fmt::format("{} is no measure; {}", in_quotes(arguments.measure),
                      suggestion(arguments.measure,
                                 std::vector<std::string_view>(names.begin(), names.end())))}});
  }
  const Environment environment = read_environment();
  TuneLedger ledger;
  ledger.automatic = arguments.automatic;
  ledger.config = arguments.config.config.string();
  ledger.scenario = config.scenarios.front().name;
  ledger.started_at = utc_now();
  ledger.machine = environment.host + ", " + environment.cpu_model;
  ledger.version = environment.build.version;
  ledger.measure = arguments.measure;
  ledger.threshold = arguments.automatic ? kAutoThreshold : kMarkThreshold;
  if (!arguments.threshold.empty()) {
    ledger.threshold = parse_share(arguments.threshold, "--threshold");
  }
  return ledger;
}

std::vector<TuneSuggestion> ask_doctor(const RunPlan& plan) {
  const Scenario& scenario = plan.scenarios.front().scenario;
  try {
    const Examination machine = examine({.cores = measured_cores(plan),
                                         .probe = Nanoseconds{0},
                                         .sleeps = scenario.wait == WaitStrategy::park,
                                         .realtime = plan.options.realtime});
    return tune_suggestions(diagnose(machine, scenario.budget));
  } catch (const SetupError&) {
    return {};  // no facts, and tuning can do without
  }
}

TuneMachine look_at_machine() {
  TuneMachine machine;
  machine.topology = read_topology();
  constexpr bool kSpins = true;
  {
    const RealtimePriority tried(!kSpins);
    if (!tried.step().done) machine.no_realtime = "SCHED_FIFO: " + tried.step().detail;
  }
  if (const auto trap = realtime_trap()) machine.realtime_trap = *trap;
  {
    HugePageScope tried(HugePages::on);
    tried.collapse();
    if (!tried.step().done) machine.no_huge_pages = "huge pages: " + tried.step().detail;
  }
  machine.huge_pages_always = huge_pages_of_system() == "always";
  return machine;
}

std::vector<TuneLine> done_anyway() {
  std::vector<TuneLine> lines;
  const auto add = [&](const std::string& knob, std::string reason) {
    TuneLine& line = lines.emplace_back();
    line.at = utc_now();
    line.knob = knob;
    line.tried = false;
    line.reason = std::move(reason);
  };
  constexpr bool kSleeps = true;
  const ProcessTuning tried(kSleeps);
  for (const TuningStep& step : tried.steps()) {
    const char* when = step.name == "cpu_dma_latency" ? "where threads sleep" : "in every run";
    add(step.name, step.done ? fmt::format("done {} already: {}", when, step.detail)
                             : fmt::format("refused {}: {}", when, step.detail));
  }
  return lines;
}

TuneOutput::TuneOutput(const TuneArguments& arguments, const RunOptions& options)
    : json_(arguments.json),
      folder_(arguments.out.empty() ? options.out : arguments.out, options.name + "-tune") {
  if (!json_.empty()) check_writable(json_, "--json");
}

fs::path TuneOutput::in_folder(const char* name) {
  if (made_.empty()) made_ = folder_.create();
  return made_ / name;
}

void TuneOutput::save(const TuneLedger& ledger, const std::string& config) {
  const HoldInterrupts hold;
  delivery_.attempt([&] { write_file(in_folder("tune.json"), write_tune_json(ledger), "--out"); });
  delivery_.attempt(
      [&] { write_file(in_folder("ledger.txt"), write_tune_text(ledger, false), "--out"); });
  if (config.empty()) return;
  delivery_.attempt([&] { write_file(in_folder("tuned.toml"), config, "--out"); });
}

void TuneOutput::deliver(const TuneLedger& ledger, const std::string& config) {
  const HoldInterrupts hold;
  save(ledger, config);
  if (!json_.empty()) {
    delivery_.attempt([&] { write_file(json_, write_tune_json(ledger), "--json"); });
  }
  delivery_.attempt([&] { print("\n" + write_tune_text(ledger, color_wanted())); });
  if (!delivery_.complete()) return;
  delivery_.attempt([&] {
    print(fmt::format("\nledger   {}\n", in_folder("tune.json").string()));
    if (!config.empty()) print(fmt::format("config   {}\n", in_folder("tuned.toml").string()));
  });
}

Verb tune_verb() {
  const auto arguments = std::make_shared<TuneArguments>();
  return {
      .name = "tune",
      .about = "Find out which change helps, and how surely",
      .arguments = join(
          {arguments->config.arguments(false),
           {{"--auto", &arguments->automatic, "",
             "Try the knobs of the config one at a time, keep what\npays and write the config"},
            {"--measure", &arguments->measure, "MEASURE", "What decides (p95)"},
            {"--threshold", &arguments->threshold, "SHARE",
             "Change that is no matter (--auto: 2%, else 10%)"},
            {"--duration", &arguments->duration, "TIME",
             "Of the whole session (--auto: 2m, else until q)"},
            {"--rounds", &arguments->rounds, "N",
             "Rounds of a trial (--auto: as needed); else blocks\nafter a mark until its verdict "
             "(20)",
             within(1, 1000)},
            {"--block", &arguments->block, "TIME",
             "Measured time of a block (--auto: as fits, else 300ms)"},
            {"--settle", &arguments->settle, "TIME",
             "Blocks so shortly before a mark do not count (3s)"},
            {"--json", &arguments->json, "FILE", "Write tune.json here too"},
            {"--out", &arguments->out, "DIR", "Folder for results (default: results)"}}}),
      .run = [arguments] { return choose_mode(*arguments); }};
}

}  // namespace busmark
