// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "cli/config_options.hpp"
#include "cli/console.hpp"
#include "cli/delivery.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "engine/registry.hpp"
#include "engine/runner.hpp"
#include "live/line.hpp"
#include "machine/environment.hpp"
#include "machine/kernel_snapshot.hpp"
#include "plan/plan.hpp"
#include "record/run_result.hpp"
#include "verb/profile/counters.hpp"
#include "verb/profile/flame_graph.hpp"
#include "verb/profile/recorder.hpp"
#include "verb/profile/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

struct ProfileArguments {
  ConfigOptions config;
  bool counters_only = false;
  std::uint32_t frequency = 1999;
  std::string stacks = "dwarf";
  std::uint32_t top = 10;
  std::string svg;
  std::string json;
  std::string perf_data;
  std::string out;
};

/// The kernel takes no more samples than this, and perf would only say so in passing.
std::uint32_t possible_frequency(std::uint32_t wanted) {
  const KernelFile file = read_kernel_file("/proc/sys/kernel/perf_event_max_sample_rate", 64);
  const auto most = leading_number(file.text);
  if (!most || *most <= 0) return wanted;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(wanted, *most));
}

/// One scenario, first counted by itself, then sampled by perf: a sample costs about what a message
/// does, and would be counted.
class Profiling {
 public:
  Profiling(const ProfileArguments& arguments, RunConfig config, const RunPlan& plan);

  void run(const StopFlag& stop);
  [[nodiscard]] const ProfileReport& report() const noexcept { return report_; }
  /// Of perf; empty where it recorded nothing.
  [[nodiscard]] fs::path data() const { return recorded_ ? perf_->data() : fs::path(); }

 private:
  void prepare_perf();
  void give_up(const std::string& why);
  ScenarioResult measure(const RunSession& session, LiveProgress& progress, const StopFlag& stop,
                         bool second);
  void sample(const RunSession& session, LiveProgress& progress, const StopFlag& stop);
  void read_samples(const WindowCounters& windows);

  const ProfileArguments& arguments_;
  RunConfig config_;
  const RunPlan& plan_;
  bool operation_ = false;
  std::unique_ptr<Perf> perf_;  ///< Null: without.
  PerfOptions options_;
  bool recorded_ = false;
  ProfileReport report_;
};

Profiling::Profiling(const ProfileArguments& arguments, RunConfig config, const RunPlan& plan)
    : arguments_(arguments), config_(std::move(config)), plan_(plan) {
  const Environment environment = read_environment();
  report_.config = arguments.config.config.string();
  report_.scenario = plan_.scenarios.front().scenario;
  if (report_.scenario.wait == WaitStrategy::spin &&
      plan_.scenarios.front().placement.degraded_wait) {
    report_.scenario.wait = WaitStrategy::yield;  // as the engine has it
  }
  report_.machine = environment.host + ", " + environment.cpu_model;
  report_.version = environment.build.version;
  report_.optimised = environment.build.optimised && !environment.build.sanitized;
  report_.started_at = utc_now();
  const TransportEntry* transport = find_transport(report_.scenario.transport);
  operation_ = transport != nullptr && transport->info.operation;
}

void Profiling::give_up(const std::string& why) {
  perf_.reset();
  recorded_ = false;
  report_.no_profile = why;
  print_error(why + "; what can be counted without perf is shown");
}

/// Before anything is measured: whoever waits for a run wants to know what will be missing of it.
void Profiling::prepare_perf() {
  if (arguments_.counters_only) return;
  const ThreadCounters here(gettid());
  const bool hardware = here.problem(PerfEvent::cycles).empty();
  options_.event = hardware ? "cycles:P" : "cpu-clock";
  if (here.user_only()) options_.event += hardware ? "u" : ":u";
  options_.frequency = possible_frequency(arguments_.frequency);
  options_.stacks = arguments_.stacks;
  report_.recording.event = hardware ? "cycles" : "cpu-clock";
  report_.recording.user_only = here.user_only();
  report_.recording.frequency = options_.frequency;
  report_.recording.stacks = options_.stacks;
  report_.recording.inlined = has_debug_information("/proc/self/exe");
  try {
    perf_ = std::make_unique<Perf>();
    report_.recording.perf = perf_->version();
    perf_->start(options_);
    perf_->finish();
  } catch (const SetupError& error) {
    give_up(error.what());
  }
}

ScenarioResult Profiling::measure(const RunSession& session, LiveProgress& progress,
                                  const StopFlag& stop, bool second) {
  const std::uint32_t repetitions = config_.run.repetitions;
  const bool both = perf_ != nullptr;
  const RunPart part{
      .first = second ? repetitions : 0, .all = both ? 2 * repetitions : repetitions, .go_on = {}};
  RunResult run = session.run(plan_, stop, progress, part);
  ScenarioResult result = std::move(run.scenarios.front());
  for (const RepetitionResult& repetition : result.repetitions) {
    if (report_.disturbance.empty()) report_.disturbance = repetition.disturbance;
  }
  return result;
}

void Profiling::sample(const RunSession& session, LiveProgress& progress, const StopFlag& stop) {
  constexpr bool kCounts = true;
  WindowCounters windows(session.clock(), !kCounts);
  progress.observe_windows(&windows);
  try {
    perf_->start(options_);
    const ScenarioResult result = measure(session, progress, stop, true);
    progress.observe_windows(nullptr);
    perf_->finish();
    recorded_ = true;
    if (!result.repetitions.empty()) report_.under_perf = summarise(result);
    read_samples(windows);
  } catch (const SetupError& error) {
    progress.observe_windows(nullptr);
    give_up(error.what());
  }
}

void Profiling::read_samples(const WindowCounters& windows) {
  if (windows.windows().empty()) return;  // interrupted before it measured
  StackProfiler profiler(windows.windows(), report_.scenario.producers, operation_);
  PerfScriptReader reader([&](const PerfSample& sample) { profiler.add(sample); });
  perf_->read(reader, report_.recording.inlined);
  StackProfile profile = profiler.finish();
  profile.lost = reader.lost();
  profile.malformed_lines = reader.malformed_lines();
  report_.profile = std::move(profile);
}

void Profiling::run(const StopFlag& stop) {
  prepare_perf();
  const Clock clock = choose_clock(plan_);
  LiveProgress progress(clock);
  const RunSession session({plan_}, clock);
  progress.begin_run(1, perf_ != nullptr ? 2 * plan_.planned : plan_.planned);
  const LiveLine line(progress, measured_cores(plan_));
  WindowCounters counters(clock, true);
  progress.observe_windows(&counters);
  const ScenarioResult result = measure(session, progress, stop, false);
  progress.observe_windows(nullptr);
  report_.counters = summarise_counters(counters.windows(), report_.scenario.producers, operation_);
  if (!result.repetitions.empty()) report_.without_perf = summarise(result);
  if (perf_ != nullptr && !stop.load()) sample(session, progress, stop);
  report_.interrupted = stop.load();
  if (perf_ != nullptr && !report_.profile) {
    report_.no_profile = "interrupted before perf's part of the run had measured anything";
  }
}

FlameGraphTitle flame_title(const ProfileReport& report) {
  return {.head = fmt::format("{}: {}, load {}", report.scenario.name, report.scenario.transport,
                              to_string(report.scenario.load)),
          .below = fmt::format("{} samples of {} in the measured windows, {}; {}; {}",
                               report.profile->samples, report.recording.event,
                               report.recording.perf, report.machine, report.started_at)};
}

std::string whole_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ExitCode deliver(const ProfileArguments& arguments, const Profiling& profiling, RunFolder& folder) {
  const HoldInterrupts hold;
  const ProfileReport& report = profiling.report();
  const std::string json = write_profile_json(report);
  const bool sampled = report.profile && report.profile->samples > 0;
  Delivery delivery;
  std::string places;
  delivery.attempt([&] {
    const fs::path& made = folder.create();
    write_file(made / "profile.json", json, "--out");
    places += fmt::format("\nprofile  {}\n", (made / "profile.json").string());
    if (!sampled) return;
    write_file(made / "stacks.folded", folded_stacks(report.profile->tree), "--out");
    write_file(made / "flame.svg", write_flame_graph(report.profile->tree, flame_title(report)),
               "--out");
    places += fmt::format("flame    {}\n", (made / "flame.svg").string());
  });
  delivery.attempt([&] {
    if (!arguments.json.empty()) write_file(arguments.json, json, "--json");
  });
  delivery.attempt([&] {
    if (arguments.svg.empty() || !sampled) return;
    write_file(arguments.svg, write_flame_graph(report.profile->tree, flame_title(report)),
               "--svg");
  });
  delivery.attempt([&] {
    if (arguments.perf_data.empty() || profiling.data().empty()) return;
    write_file(arguments.perf_data, whole_file(profiling.data()), "--perf-data");
  });
  delivery.attempt([&] { print(write_profile_text(report, arguments.top) + places); });
  if (!delivery.complete()) return ExitCode::usage;
  if (report.interrupted) return ExitCode::interrupted;
  if (!report.no_profile.empty()) return ExitCode::usage;
  if (!sampled && report.profile) {
    print_error("no sample fell into the measured windows; raise --frequency or scenario.duration");
    return ExitCode::invalid;
  }
  return sampled || report.counters.repetitions > 0 ? ExitCode::ok : ExitCode::invalid;
}

ExitCode profile_command(const ProfileArguments& arguments) {
  RunConfig config = arguments.config.load();
  require_one_scenario(config, arguments.config, "profile");
  config.run.retries = 0;  // perf disturbs, and a repetition more would not change that
  if (config.run.cores.sweep) {
    throw SetupError(
        "profile looks at one placement: write run.cores = \"auto\" or a list of cores instead of "
        "\"sweep\"");
  }
  check_stacks(arguments.stacks, "--stacks");
  if (arguments.counters_only && (!arguments.svg.empty() || !arguments.perf_data.empty())) {
    throw SetupError("--counters takes no samples; leave --svg and --perf-data out");
  }
  const RunPlan plan = make_plan(config, read_topology());
  if (const std::string& skipped = plan.scenarios.front().skipped; !skipped.empty()) {
    throw SetupError(fmt::format("scenario {}: {}", plan.scenarios.front().scenario.name, skipped));
  }
  RunFolder folder(arguments.out.empty() ? config.run.out : arguments.out,
                   config.run.name + "-profile");
  if (!arguments.json.empty()) check_writable(arguments.json, "--json");
  if (!arguments.svg.empty()) check_writable(arguments.svg, "--svg");
  if (!arguments.perf_data.empty()) check_writable(arguments.perf_data, "--perf-data");
  const StopFlag& stop = catch_interrupts();
  Profiling profiling(arguments, config, plan);
  profiling.run(stop);
  if (stop.load() && !profiling.report().without_perf) {
    print_error("interrupted before anything was measured");
    return ExitCode::interrupted;
  }
  return deliver(arguments, profiling, folder);
}

}  // namespace

Verb profile_verb() {
  const auto arguments = std::make_shared<ProfileArguments>();
  return {.name = "profile",
          .about = "Where one scenario spends its time, per function",
          .arguments = join(
              {arguments->config.arguments(false),
               {{"--counters", &arguments->counters_only, "", "Only count, without perf"},
                {"--frequency", &arguments->frequency, "N",
                 "Samples a second of each thread (1999)", within(1, 100'000)},
                {"--stacks", &arguments->stacks, "HOW",
                 "dwarf[,BYTES] (default: dwarf,4096), fp, lbr or none"},
                {"--top", &arguments->top, "N", "Functions in each table (10)", within(1, 10'000)},
                {"--svg", &arguments->svg, "FILE", "Write the flame graph here too"},
                {"--json", &arguments->json, "FILE", "Write profile.json here too"},
                {"--perf-data", &arguments->perf_data, "FILE",
                 "Keep what perf recorded, as for perf annotate"},
                {"--out", &arguments->out, "DIR", "Folder for results (default: results)"}}}),
          .run = [arguments] { return profile_command(*arguments); }};
}

}  // namespace busmark
