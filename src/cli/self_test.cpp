// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/self_test.hpp"

#include <CLI/CLI.hpp>

#include "busmark/core/process_tuning.hpp"
#include "busmark/report/self_test_text.hpp"

#include "commands.hpp"
#include "console.hpp"
#include "interrupts.hpp"

namespace busmark {
namespace {

ExitCode self_test_command() {
  const StopFlag& stop = catch_interrupts();
  const Topology topology = read_topology();
  const Clock clock = Clock::calibrate();
  const ProcessTuning tuning(false);

  const SelfOverhead overhead = measure_self_overhead(clock);
  print(write_self_overhead_text(overhead, measure_typical_p50(clock, topology, stop)) + "\n");
  const SelfTestResult result = self_test(
      self_test_plans(), overhead, clock,
      [&](const SelfTestCase& test) { return run_self_test(test, clock, topology, stop); });
  print(write_self_test_text(result));
  if (result.interrupted) return ExitCode::interrupted;
  switch (result.outcome()) {
    case SelfTestOutcome::holds: return ExitCode::ok;
    case SelfTestOutcome::undecided: return ExitCode::invalid;
    case SelfTestOutcome::fails: return ExitCode::budget_failed;
  }
  return ExitCode::invalid;
}

}  // namespace

void add_self_test_command(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("selftest", "Measure runs whose truth is known; say what busmark costs");
  command->callback([&chosen] { chosen = self_test_command; });
}

}  // namespace busmark
