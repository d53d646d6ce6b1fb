// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <memory>
#include <string>

#include <fmt/core.h>

#include "base/duration_option.hpp"
#include "cli/console.hpp"
#include "cli/core_list.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "verb/noise/measure.hpp"
#include "verb/noise/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

struct NoiseArguments {
  std::string cores;
  std::string duration = "10s";
  std::string hlog;
  bool json = false;
};

ExitCode noise_command(const NoiseArguments& arguments) {
  NoiseOptions options;
  options.cores = parse_cores(arguments.cores, read_topology());
  options.duration = parse_duration_option(arguments.duration, 100ms, "--duration");
  if (!arguments.hlog.empty()) check_writable(arguments.hlog, "--hlog");
  const StopFlag& stop = catch_interrupts();
  if (can_rewrite_lines(STDERR_FILENO)) {
    print_error(
        fmt::format("watching {} for {}, then timers for {}",
                    options.cores.size() == 1 ? fmt::format("cpu {}", index(options.cores.front()))
                                              : fmt::format("{} cpus", options.cores.size()),
                    format_duration(options.duration), format_duration(options.timer_duration())));
  }
  const NoiseResult result = measure_noise(options, Clock::calibrate(), stop);

  const HoldInterrupts hold;
  const NoiseSummary summary = summarise(result);
  // The file first: a closed pipe must not cost it.
  if (!arguments.hlog.empty()) write_file(arguments.hlog, write_noise_log(summary), "--hlog");
  print(arguments.json ? write_noise_json(summary) : write_noise_text(summary));
  return result.interrupted ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace

Verb noise_verb() {
  const auto arguments = std::make_shared<NoiseArguments>();
  return {
      .name = "noise",
      .about = "Measure what takes time away from a thread on each core",
      .arguments = {{"--cores", &arguments->cores, "LIST", "Such as 2,4-7 (default: all usable)"},
                    {"--duration", &arguments->duration, "TIME",
                     "Of spinning (10s); timed sleeps follow for a fifth"},
                    {"--hlog", &arguments->hlog, "FILE", "Write the histograms here too"},
                    {"--json", &arguments->json, "", "Print JSON in place of the tables"}},
      .run = [arguments] { return noise_command(*arguments); }};
}

}  // namespace busmark
