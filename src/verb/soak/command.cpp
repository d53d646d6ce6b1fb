// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "base/quote.hpp"
#include "cli/config_options.hpp"
#include "cli/console.hpp"
#include "cli/delivery.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "engine/books/audit_window.hpp"
#include "engine/registry.hpp"
#include "engine/runner.hpp"
#include "live/line.hpp"
#include "machine/environment.hpp"
#include "plan/plan.hpp"
#include "record/run_result.hpp"
#include "verb/soak/recorder.hpp"
#include "verb/soak/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t kFewestIntervals = 3;
constexpr std::int64_t kMostIntervals = 100'000;

struct SoakArguments {
  ConfigOptions config;
  std::string duration = "1h";
  std::string interval = "10s";
  std::string json;
  std::string hlog;
  std::string out;
};

struct SoakTimes {
  Nanoseconds duration{};
  Nanoseconds interval{};
};

SoakTimes times_of(const SoakArguments& arguments) {
  const SoakTimes times{
      .duration = parse_duration_option(arguments.duration, 1ms, "--duration", 24h),
      .interval = parse_duration_option(arguments.interval, 10ms, "--interval", 24h)};
  const auto refuse = [](const char* flag, const std::string& what) {
    throw ConfigError({{flag, "", what}});
  };
  const std::int64_t intervals = times.duration / times.interval;
  if (intervals < kFewestIntervals) {
    refuse("--duration",
           fmt::format(
               "{} is shorter than {} intervals of {}, and no slope comes from fewer; write "
               "{} or more, or a shorter --interval",
               in_quotes(arguments.duration), kFewestIntervals, format_duration(times.interval),
               format_duration(times.interval * kFewestIntervals)));
  }
  if (intervals > kMostIntervals) {
    refuse("--interval",
           fmt::format("{} makes {} intervals of the duration, and {} are the most; write a longer "
                       "one",
                       in_quotes(arguments.interval), intervals, kMostIntervals));
  }
  return times;
}

/// Every scenario as one long repetition.
RunConfig soak_config(const SoakArguments& arguments, const SoakTimes& times) {
  ConfigOptions options = arguments.config;
  options.set.push_back(fmt::format("scenario.duration={}ns", times.duration.count()));
  options.set.push_back(fmt::format("scenario.interval={}ns", times.interval.count()));
  options.set.emplace_back("run.repetitions=1");
  options.set.emplace_back("run.retries=0");
  RunConfig config = options.load();
  if (config.run.cores.sweep) {
    throw SetupError(
        "soak keeps one placement: write run.cores = \"auto\" or two cores instead of \"sweep\"");
  }
  for (Scenario& scenario : config.scenarios) {
    if (scenario.fault) {
      throw SetupError(
          fmt::format("scenario {}: soak watches what nobody breaks, and it has a fault; choose "
                      "others with --only, or run it with busmark run",
                      scenario.name));
    }
    if (!scenario.stages.empty()) {
      throw SetupError(
          fmt::format("scenario {}: soak watches one load, and it has stages; choose "
                      "others with --only, or run it with busmark run",
                      scenario.name));
    }
    const TransportEntry* transport = find_transport(scenario.transport);
    if (transport != nullptr && transport->info.operation) {
      throw SetupError(
          fmt::format("scenario {}: soak watches messages, and {} carries none; choose "
                      "others with --only",
                      scenario.name, scenario.transport));
    }
    if (compares_cpu(scenario.budget)) {
      throw SetupError(
          fmt::format("scenario {}: soak is one repetition, and cpu_overhead needs six; leave that "
                      "budget out, or run it with busmark run",
                      scenario.name));
    }
    if (scenario.slow_over.count() != 0) {
      throw SetupError(
          fmt::format("scenario {}: soak keeps no single messages; leave out slow_over, or run it "
                      "with busmark run",
                      scenario.name));
    }
    scenario.soak = true;
  }
  return config;
}

SoakedScenario soaked(JudgedScenario judged, std::vector<SoakSample> samples) {
  const ScenarioResult& result = *judged.result;
  SoakedScenario scenario{.name = result.scenario.name,
                          .transport = result.scenario.transport,
                          .samples = std::move(samples),
                          .analysis = {},
                          .scenario = {},
                          .counts = judged.summary.all_counts};
  scenario.analysis = analyse_soak(scenario.samples);
  // Only now is there a slope for the budgets of memory.
  if (scenario.analysis.rss) judged.summary.memory_per_hour = scenario.analysis.rss->per_hour;
  scenario.scenario = judge(result, judged.summary);
  scenario.verdict = judge_soak(judge_memory(scenario.analysis.memory, scenario.scenario),
                                scenario.scenario.verdict);
  for (const RepetitionResult& repetition : result.repetitions) {
    scenario.too_late += repetition.too_late;
    scenario.interrupted = scenario.interrupted || repetition.interrupted;
    if (repetition.missed) {
      scenario.ended_early =
          fmt::format("after {} of {}, when {} was certain to be missed",
                      format_duration(repetition.missed->after),
                      format_duration(result.scenario.duration), repetition.missed->budget);
    }
  }
  scenario.audit_reach = AuditWindow::reach_of(AuditWindows::numbers(result.scenario));
  return scenario;
}

ExitCode exit_code(const SoakSession& session) {
  if (session.interrupted) return ExitCode::interrupted;
  Verdict worst = Verdict::skip;
  bool failed = false;
  for (const SoakedScenario& scenario : session.scenarios) {
    worst = std::max(worst, scenario.verdict);
    failed = failed || scenario.verdict == Verdict::fail;
  }
  // A leak is a leak, whatever cannot be trusted beside it.
  if (failed) return ExitCode::budget_failed;
  if (worst >= Verdict::inconclusive) return ExitCode::invalid;
  return worst == Verdict::skip ? ExitCode::nothing_ran : ExitCode::ok;
}

/// `3 scenarios, 360 intervals of 10s each: 3 h 01 min in all`: said before hours pass.
void tell_plan(const RunPlan& plan, const SoakTimes& times) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(plan.planned).count();
  print_error(fmt::format("soak of {} scenario{}, {} intervals of {} each: {} h {:02} min in all",
                          plan.scenarios.size(), plan.scenarios.size() == 1 ? "" : "s",
                          times.duration / times.interval, format_duration(times.interval),
                          minutes / 60, minutes % 60));
}

/// What a soak leaves behind. No failure to write costs what was measured.
class SoakOutput {
 public:
  SoakOutput(const SoakArguments& arguments, const RunOptions& options)
      : arguments_(arguments),
        folder_(arguments.out.empty() ? options.out : arguments.out, options.name + "-soak") {
    if (!arguments.json.empty()) check_writable(arguments.json, "--json");
    if (!arguments.hlog.empty()) check_writable(arguments.hlog, "--hlog");
  }

  /// Throws SetupError where the folder cannot be made.
  fs::path log_path() {
    return arguments_.hlog.empty() ? in_folder("soak.hlog") : fs::path(arguments_.hlog);
  }

  /// Hours may follow, and with them whatever ends a process.
  void save(const SoakSession& session) {
    delivery_.attempt(
        [&] { write_file(in_folder("soak.json"), write_soak_json(session), "--out"); });
  }

  void deliver(const SoakSession& session, const std::string& log_problem) {
    const HoldInterrupts hold;
    delivery_.attempt([&] { print(write_soak_text(session, color_wanted())); });
    save(session);
    if (delivery_.complete()) print(fmt::format("result   {}\n", in_folder("soak.json").string()));
    if (!arguments_.json.empty()) {
      delivery_.attempt([&] { write_file(arguments_.json, write_soak_json(session), "--json"); });
    }
    if (log_problem.empty()) return;
    delivery_.fail(log_problem);
  }

  [[nodiscard]] bool complete() const noexcept { return delivery_.complete(); }

 private:
  fs::path in_folder(const char* name) {
    if (made_.empty()) made_ = folder_.create();
    return made_ / name;
  }

  const SoakArguments& arguments_;
  RunFolder folder_;
  fs::path made_;  ///< Empty until something is put into it.
  Delivery delivery_;
};

/// Runs all scenarios; `session` gets each as it ends.
void run_soak(const RunPlan& plan, const Clock& clock, const StopFlag& stop, SoakRecorder& recorder,
              SoakOutput& output, SoakSession& session) {
  LiveProgress progress(clock);
  const auto next = [&] {
    const std::size_t index = session.scenarios.size();
    if (index < plan.scenarios.size()) recorder.begin(plan.scenarios[index].scenario.name);
  };
  next();
  progress.on_interval([&](const IntervalResult& interval) { recorder.add(interval); });
  progress.on_scenario([&](const RunResult& so_far) {
    session.scenarios.push_back(soaked(judge(so_far.scenarios.back()), recorder.take()));
    if (!stop.load()) output.save(session);
    next();
  });
  const LiveLine line(progress, measured_cores(plan));
  static_cast<void>(run(plan, clock, stop, progress));
}

ExitCode soak_command(const SoakArguments& arguments) {
  const SoakTimes times = times_of(arguments);
  const RunConfig config = soak_config(arguments, times);
  const RunPlan plan = make_plan(config, read_topology());
  SoakOutput output(arguments, config.run);
  const StopFlag& stop = catch_interrupts();
  const Clock clock = choose_clock(plan);
  const Environment environment = read_environment();
  SoakSession session{.config = arguments.config.config.string(),
                      .started_at = utc_now(),
                      .machine = environment.host + ", " + environment.cpu_model,
                      .version = environment.build.version,
                      .allocator = environment.build.allocator,
                      .duration = times.duration,
                      .interval = times.interval,
                      .scenarios = {},
                      .interrupted = true};  // until all have ended
  tell_plan(plan, times);
  SoakRecorder recorder([&] { return output.log_path(); },
                        static_cast<std::size_t>(times.duration / times.interval) + 2);
  run_soak(plan, clock, stop, recorder, output, session);
  session.interrupted = stop.load();
  output.deliver(session, recorder.problem());
  return output.complete() ? exit_code(session) : ExitCode::usage;
}

}  // namespace

Verb soak_verb() {
  const auto arguments = std::make_shared<SoakArguments>();
  return {.name = "soak",
          .about = "Watch memory and latency for hours",
          .arguments = join(
              {arguments->config.arguments(false),
               {{"--duration", &arguments->duration, "TIME", "Measured time of each scenario (1h)"},
                {"--interval", &arguments->interval, "TIME", "Time between two samples (10s)"},
                {"--json", &arguments->json, "FILE", "Write soak.json here too"},
                {"--hlog", &arguments->hlog, "FILE", "Write the interval log here instead"},
                {"--out", &arguments->out, "DIR", "Folder for results (default: results)"}}}),
          .run = [arguments] { return soak_command(*arguments); }};
}

}  // namespace busmark
