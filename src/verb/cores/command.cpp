// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "cli/console.hpp"
#include "cli/core_list.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "verb/cores/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

struct CoresArguments {
  std::string cores;
  std::string csv;
  std::string duration;
  bool json = false;
  bool wake = false;
  bool watch = false;
  std::uint32_t suggest = 0;  ///< 0: not asked for.
};

/// What would be ignored is refused.
void check(const CoresArguments& arguments, const std::vector<CpuId>& cores) {
  if (arguments.watch &&
      (arguments.json || !arguments.csv.empty() || arguments.wake || arguments.suggest != 0)) {
    throw SetupError(
        "--watch prints lines as cores move; leave --csv, --json, --wake and "
        "--suggest out");
  }
  if (!arguments.watch && !arguments.duration.empty()) {
    throw SetupError("--duration belongs to --watch; add that or leave it out");
  }
  if (cores.size() < 2) {
    throw SetupError(
        "cores needs two cpus at least; see taskset -p $$ for those this process may use");
  }
  if (arguments.suggest > cores.size()) {
    throw ConfigError({{"--suggest", "",
                        fmt::format("{} cores are asked for, but there are {}; ask for fewer",
                                    arguments.suggest, cores.size())}});
  }
}

ExitCode watch(const CoresArguments& arguments, const std::vector<CpuId>& cores,
               const StopFlag& stop) {
  constexpr Nanoseconds kBetweenLooks = 100ms;
  std::optional<Nanoseconds> limit;
  if (!arguments.duration.empty()) {
    limit = parse_duration_option(arguments.duration, 100ms, "--duration");
  }
  const Clock clock = Clock::calibrate();
  const bool color = color_wanted();
  const auto start = std::chrono::steady_clock::now();
  CoreDrift drift;
  bool over = false;
  while (!over) {
    const CoreMatrix look = measure_core_matrix(clock, cores, stop, kLookPlan);
    const Nanoseconds at = std::chrono::steady_clock::now() - start;
    for (const DriftEvent& event : drift.add(at, look)) print(write_drift_event(event, color));
    over = stop.load() || (limit && at + kBetweenLooks > *limit);
    if (!over) std::this_thread::sleep_for(kBetweenLooks);
  }
  const HoldInterrupts hold;
  print(write_drift_text(drift.pairs()));
  return stop.load() ? ExitCode::interrupted : ExitCode::ok;
}

ExitCode cores_command(const CoresArguments& arguments) {
  CoresReport report;
  report.topology = read_topology();
  const std::vector<CpuId> cores = parse_cores(arguments.cores, report.topology);
  check(arguments, cores);
  if (!arguments.csv.empty()) check_writable(arguments.csv, "--csv");
  const StopFlag& stop = catch_interrupts();
  if (arguments.watch) return watch(arguments, cores, stop);

  const Clock clock = Clock::calibrate();
  report.clock = clock.info();
  report.matrix = measure_core_matrix(clock, cores, stop);
  if (arguments.wake) report.wake = measure_wake_matrix(clock, cores, stop);
  if (arguments.suggest > 0) {
    report.advice = suggest_cores(report.topology, report.matrix, arguments.suggest);
  }
  const HoldInterrupts hold;
  // The file first: a closed pipe must not cost it.
  if (!arguments.csv.empty()) write_file(arguments.csv, write_cores_csv(report), "--csv");
  print(arguments.json ? write_cores_json(report) : write_cores_text(report, color_wanted()));
  return stop.load() ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace

Verb cores_verb() {
  const auto arguments = std::make_shared<CoresArguments>();
  return {.name = "cores",
          .about = "Measure how far apart cores are; suggest which to use",
          .arguments =
              {{"--cores", &arguments->cores, "LIST", "Such as 2,4-7 (default: all usable)"},
               {"--wake", &arguments->wake, "", "Also futex and eventfd wake-ups, clock costs"},
               {"--suggest", &arguments->suggest, "N", "The N best cores, with the reason",
                within(1, std::numeric_limits<int>::max(), "is not a number of cores, such as 2")},
               {"--watch", &arguments->watch, "", "Look ten times a second, tell what moves"},
               {"--duration", &arguments->duration, "TIME", "Of --watch (default: until Ctrl-C)"},
               {"--csv", &arguments->csv, "FILE", "Write every pair here too"},
               {"--json", &arguments->json, "", "Print JSON in place of the tables"}},
          .run = [arguments] { return cores_command(*arguments); }};
}

}  // namespace busmark
