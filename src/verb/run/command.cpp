// SPDX-License-Identifier: Apache-2.0
#include "verb/history/command.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/escape.hpp"
#include "base/quote.hpp"
#include "cli/compare_options.hpp"
#include "cli/config_options.hpp"
#include "cli/console.hpp"
#include "cli/delivery.hpp"
#include "cli/form_output.hpp"
#include "cli/github.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "cli/result_input.hpp"
#include "cli/until_decided.hpp"
#include "engine/runner.hpp"
#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "live/line.hpp"
#include "live/server.hpp"
#include "live/state.hpp"
#include "plan/plan.hpp"
#include "plan/plan_text.hpp"
#include "record/run_result.hpp"
#include "record/shown.hpp"
#include "record/store/histogram_log.hpp"
#include "record/store/json_writer.hpp"
#include "tell/compare_text.hpp"
#include "tell/percentile_distribution.hpp"
#include "tell/text.hpp"
#include "verb/agent/control_line.hpp"
#include "verb/agent/coordinator.hpp"
#include "verb/doctor/judge.hpp"
#include "verb/run/course.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

struct RunArguments {
  ConfigOptions config;
  std::string json;
  std::string out;
  std::string resume;  ///< The folder of a run that was cut; empty: a new one.
  std::vector<std::string> reports;
  std::string baseline;
  std::string serve;
  ComparisonFlags comparison;
  std::string label;
  std::string note;
  std::string history;
  bool hgrm = false;
  bool strict = false;
  bool lenient = false;
  bool fail_fast = false;
  std::uint32_t durations = 0;  ///< How many of the slowest to name.
  bool gha = false;
  std::uint32_t agents = 0;  ///< 0: this machine alone.
  std::string nats;
};

/// One .hgrm per scenario beside the result, of response time, in microseconds.
void write_distributions(const StoredRun& run, const fs::path& folder) {
  for (const StoredScenario& scenario : run.scenarios) {
    const std::string text = percentile_distribution(scenario.histograms->response);
    write_file(folder / (file_part(scenario.name) + ".hgrm"), text, "--out");
  }
}

/// What took longest, with all that is around the measured windows.
std::string slowest(const RunResult& run, std::size_t most) {
  std::vector<const ScenarioResult*> scenarios;
  for (const ScenarioResult& one : run.scenarios) {
    if (one.skipped.empty()) scenarios.push_back(&one);
  }
  std::stable_sort(scenarios.begin(), scenarios.end(),
                   [](const auto* a, const auto* b) { return a->wall > b->wall; });
  if (scenarios.size() > most) scenarios.resize(most);
  std::string text;
  for (const ScenarioResult* one : scenarios) {
    text += fmt::format("took     {:>8}  {}\n", format_duration(one->wall), one->scenario.name);
  }
  return text;
}

bool keeps_going(const ScenarioResult& result) {
  const Verdict verdict = judge(result, summarise(result)).verdict;
  return verdict != Verdict::fail && verdict != Verdict::invalid;
}

/// What is to become of the run besides its own folder, read and checked before anything runs.
struct Extras {
  std::vector<FormTarget> reports;
  std::vector<StoredRun> baseline;  ///< Empty: none was asked for.
  CompareOptions comparison;
  std::string history;
};

Extras plan_extras(const RunArguments& arguments, const RunPlan& plan, const std::string& out) {
  Extras extras;
  extras.reports = plan_reports(arguments.reports);
  extras.comparison = arguments.comparison.options();
  if (arguments.gha) require_github();
  extras.history = plan.options.history;
  if (!extras.history.empty()) check_history(extras.history);
  std::vector<NamedFile> files{{"--json", arguments.json}, {"--history", extras.history}};
  for (const FormTarget& target : extras.reports) files.push_back({"--report", target.file});
  require_apart(files);
  if (arguments.baseline.empty()) return extras;
  extras.baseline = read_results({arguments.baseline}, out);
  const auto planned = [&](const StoredScenario& stored) {
    return std::any_of(
        plan.scenarios.begin(), plan.scenarios.end(),
        [&](const PlannedScenario& scenario) { return scenario.scenario.name == stored.name; });
  };
  const auto fits = [&](const StoredRun& run) {
    return std::any_of(run.scenarios.begin(), run.scenarios.end(), planned);
  };
  if (std::none_of(extras.baseline.begin(), extras.baseline.end(), fits)) {
    throw SetupError(
        fmt::format("--baseline {} has no scenario of this config; name a result of "
                    "the same config",
                    in_quotes(arguments.baseline, 200)));
  }
  return extras;
}

/// From the JSON, as `busmark report` and `busmark compare` would do later. Returns what the
/// comparison says; ok without one.
ExitCode deliver_extras(const RunArguments& arguments, const Extras& extras,
                        const std::string& json, Delivery& delivery) {
  ExitCode code = ExitCode::ok;
  if (extras.reports.empty() && extras.baseline.empty() && !arguments.gha) return code;
  const StoredRun stored = read_result_json(json, "this run");
  std::optional<RunComparison> comparison;
  if (!extras.baseline.empty()) {
    delivery.attempt([&] {
      comparison = compare(extras.baseline, {&stored, 1}, extras.comparison);
    });
  }
  for (const FormTarget& target : extras.reports) {
    delivery.attempt(
        [&] { write_form(target, stored, "--report", comparison ? &*comparison : nullptr); });
  }
  if (arguments.gha) delivery.attempt([&] { tell_github(stored); });
  if (comparison) {
    delivery.attempt([&] {
      print("\n" + write_compare_text(*comparison, color_wanted()));
      code = exit_code(*comparison, arguments.comparison.fail_inconclusive);
      if (arguments.gha) tell_github(*comparison);
    });
  }
  return code;
}

/// No figure beyond its limit ends with 0 in silence.
void tell_leniency(const StoredRun& run) {
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredBudget& budget : scenario.budgets) {
      if (budget.verdict != Verdict::inconclusive) continue;
      const bool beyond =
          budget.never.value_or(false) || (budget.value && budget.margin && *budget.margin < 0);
      print_error(fmt::format("--lenient passes {} of {}, which is undecided{}", budget.shown(),
                              scenario.name, beyond ? ": it reads " + budget_value(budget) : ""));
    }
  }
}

/// Judged, with what the doctor says of the machine, where it was examined.
StoredRun judged(const RunResult& result) {
  JudgedRun run = judge(result);
  if (result.examination) run.diagnosis = diagnose(*result.examination, {});
  StoredRun stored = store(run);
  stored.command = command_of_this_process();
  return stored;
}

ExitCode deliver(const RunArguments& arguments, const Extras& extras, const RunResult& result,
                 RunFolder& folder, const std::vector<AgentsRun::Files>& agents = {},
                 const std::function<void()>& kept_for_good = {}) {
  const HoldInterrupts hold;
  const StoredRun kept = judged(result);
  const std::string json = write_result_json(kept);
  Delivery delivery;
  std::string saved_as;
  delivery.attempt([&] {
    const fs::path& made = folder.create();
    write_file(made / "result.json", json, "--out");
    write_file(made / "result.hlog", write_result_log(result, kept), "--out");
    for (const AgentsRun::Files& one : agents) {
      write_file(made / ("agent-" + file_part(one.agent) + ".json"), one.files.json, "--out");
      write_file(made / ("agent-" + file_part(one.agent) + ".hlog"), one.files.log, "--out");
    }
    saved_as = fmt::format("result   {}\n", (made / "result.json").string());
    if (arguments.hgrm) delivery.attempt([&] { write_distributions(kept, made); });
    if (kept_for_good) kept_for_good();
  });
  delivery.attempt([&] {
    print(write_text_report(kept, color_wanted()) + slowest(result, arguments.durations) +
          saved_as);
  });
  delivery.attempt([&] {
    if (!arguments.json.empty()) write_file(arguments.json, json, "--json");
  });
  delivery.attempt([&] {
    if (!extras.history.empty()) append_to_history(extras.history, kept);
  });
  const ExitCode compared = deliver_extras(arguments, extras, json, delivery);
  if (!delivery.complete()) return ExitCode::usage;
  if (arguments.lenient) tell_leniency(kept);
  const Gate gate = arguments.strict    ? Gate::strict
                    : arguments.lenient ? Gate::lenient
                                        : Gate::usual;
  return worse_of(exit_code(kept, gate), compared);
}

/// This machine only leads: its cores, memory and clock do not matter.
ExitCode run_agents_command(const RunArguments& arguments, const PlanText& text,
                            const RunConfig& config) {
  check_agents_plan(config, text);
  RunPlan plan{.options = config.run, .scenarios = {}, .planned = {}};
  for (const Scenario& scenario : config.scenarios) {
    plan.scenarios.push_back({.scenario = scenario, .placement = {}, .skipped = {}, .planned = {}});
  }
  const Extras extras = plan_extras(arguments, plan, config.run.out);
  const CoordinatorOptions options{.servers = control_servers(arguments.nats),
                                   .agents = arguments.agents,
                                   .say = [](const std::string& line) { print_error(line); }};
  RunFolder folder(config.run.out, config.run.name);
  if (!arguments.json.empty()) check_writable(arguments.json, "--json");
  const AgentsRun measured = run_on_agents(config, text, options, catch_interrupts());
  if (measured.result.interrupted && measured.result.scenarios.empty()) {
    print_error("interrupted before anything was measured");
    return ExitCode::interrupted;
  }
  return deliver(arguments, extras, measured.result, folder, measured.files);
}

/// Before the time is spent.
void tell_what_cannot_be_judged(const RunPlan& plan) {
  constexpr std::size_t kShown = 10;
  const std::vector<std::string> all = what_cannot_be_judged(plan);
  const std::size_t shown = std::min(kShown, all.size());
  for (std::size_t i = 0; i < shown; ++i) print_error(all[i]);
  if (all.size() > shown) {
    print_error(fmt::format("and {} more like it; busmark plan has them all", all.size() - shown));
  }
}

/// `--serve`, where it is asked for.
class Watching {
 public:
  Watching(const std::optional<ServeAddress>& address, const Topology& topology,
           const RunPlan& plan, LiveProgress& progress) {
    if (!address) return;
    state_.emplace(plan, progress);
    server_.emplace(*address, core_apart(topology, measured_cores(plan)), *state_);
    if (!address->loopback) {
      print_error("whoever reaches this address can watch: --serve asks for no password");
    }
    print_error(fmt::format("serving {} from {}", server_->url(), server_->place()));
  }
  ~Watching() {
    if (state_) state_->finish();
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  /// A result says who else was at work while it was measured.
  void note(RunResult& result) const {
    if (!server_) return;
    result.tuning.push_back({"serve", server_->apart(), "on " + server_->place()});
  }

 private:
  std::optional<LiveState> state_;
  std::optional<LiveServer> server_;
};

ExitCode run_command(const RunArguments& arguments) {
  const PlanText text = arguments.config.plan_text();
  RunConfig config = read_plan_text(text);
  if (!arguments.out.empty()) config.run.out = arguments.out;
  if (!arguments.history.empty()) config.run.history = arguments.history;
  config.run.label = arguments.label;
  config.run.note = arguments.note;
  if (arguments.agents != 0 && !arguments.serve.empty()) {
    throw SetupError("--serve shows what this machine measures, and with --agents others do");
  }
  if (arguments.agents != 0 && arguments.fail_fast) {
    throw SetupError("--fail-fast ends a run of this machine alone; leave it out with --agents");
  }
  if (arguments.agents != 0 && !arguments.resume.empty()) {
    throw SetupError("--resume takes up a run of this machine alone; leave it out with --agents");
  }
  if (!arguments.resume.empty() && !arguments.out.empty()) {
    throw SetupError("--resume goes on in the folder of the run; leave --out away");
  }
  if (arguments.agents != 0) return run_agents_command(arguments, text, config);
  if (!arguments.nats.empty()) {
    throw SetupError(
        "--nats is where agents are found; write --agents N beside it, or url in "
        "[transport.nats] for a run on this machine alone");
  }
  if (config.run.order == Order::interleaved && (arguments.fail_fast || !arguments.serve.empty())) {
    throw SetupError(fmt::format(
        "{} takes one scenario after the other; write run.order = \"sequential\" or leave it out",
        arguments.fail_fast ? "--fail-fast" : "--serve"));
  }
  const Topology topology = read_topology();
  const RunPlan plan = make_plan(config, topology);
  check_at_most(plan, arguments.config);
  std::optional<ServeAddress> serve;
  if (!arguments.serve.empty()) serve = parse_serve_address(arguments.serve);
  const Extras extras = plan_extras(arguments, plan, config.run.out);
  const StopFlag& stop = catch_interrupts();
  Course course(arguments.resume, config, journal_head(text, config, plan));
  if (!arguments.json.empty()) check_writable(arguments.json, "--json");

  tell_what_cannot_be_judged(plan);
  const Clock clock = choose_clock(plan);
  LiveProgress progress(clock);
  RunResult result;
  {
    const Watching watching(serve, topology, plan, progress);
    const LiveLine line(progress, measured_cores(plan));
    result = run(plan, clock, stop, progress,
                 course.with_notes({.go_on = arguments.fail_fast ? GoOn(keeps_going) : GoOn(),
                                    .look_at = UntilDecided(plan)}));
    course.join(result);
    watching.note(result);
  }
  return deliver(arguments, extras, result, course.folder(), {}, [&] { course.delivered(result); });
}

}  // namespace

Verb run_verb() {
  const auto arguments = std::make_shared<RunArguments>();
  return {
      .name = "run",
      .about = "Measure the scenarios of a config and judge them",
      .arguments = join(
          {arguments->config.arguments(),
           {{"--json", &arguments->json, "FILE", "Write the result here too"},
            {"--out", &arguments->out, "DIR", "Folder for results (default: results)"},
            {"--resume", &arguments->resume, "DIR", "Take up the run that was cut in this folder"},
            {"--label", &arguments->label, "TEXT", "A name for the run, such as a commit"},
            {"--note", &arguments->note, "TEXT", "What is to be remembered of it"},
            {"--history", &arguments->history, "FILE", "Add a line to this history"},
            {"--report", &arguments->reports, "FILE", "A form by the file's ending (repeatable)"},
            {"--baseline", &arguments->baseline, "NAME", "Compare with this baseline or result"}},
           arguments->comparison.arguments(),
           {{"--serve", &arguments->serve, "IP:PORT", "Live page and Prometheus metrics (9464)"},
            {"--gha", &arguments->gha, "", "Step summary and annotations of GitHub Actions"},
            {"--hgrm", &arguments->hgrm, "", "Write a .hgrm per scenario, in microseconds"},
            {"--fail-fast", &arguments->fail_fast, "", "End with the first FAIL or INVALID"},
            {"--durations", &arguments->durations, "N", "Name the N scenarios that took longest",
             within(1, 10000)},
            {"--strict", &arguments->strict, "", "WARN and INCONCLUSIVE count as failed"},
            {"--lenient",
             &arguments->lenient,
             "",
             "INCONCLUSIVE ends with 0, and says so",
             {.excludes = "--strict"}},
            {"--agents", &arguments->agents, "N", "Measure on N machines, by their agents",
             within(1, 256)},
            {"--nats", &arguments->nats, "URL", "Where the agents are (default: $NATS_URL)"}}}),
      .run = [arguments] { return run_command(*arguments); }};
}

}  // namespace busmark
