// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/console.hpp"
#include "cli/interrupts.hpp"
#include "machine/process_tuning.hpp"
#include "verb/selftest/rules.hpp"
#include "verb/selftest/text.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

Clock::Preference parse_clock(const std::string& word) {
  using enum Clock::Preference;
  for (const Clock::Preference one : {automatic, counter, system}) {
    if (to_string(one) == word) return one;
  }
  throw ConfigError(
      {{"--clock", "", fmt::format("must be auto, counter or system, not {}", in_quotes(word))}});
}

ExitCode self_test_command(Clock::Preference preference) {
  const StopFlag& stop = catch_interrupts();
  const Topology topology = read_topology();
  const Clock clock = Clock::calibrate(preference);
  const ProcessTuning tuning(false);
  if (topology.cpus.size() == 1) {
    print_error(
        fmt::format("cpu {} is the only one that this process may use: producer and consumer take "
                    "turns on it, so most checks of delay will stay undecided; allow it two",
                    index(topology.cpus.front().id)));
  }

  print(fmt::format("clock: {} ({})\n", to_string(clock.info().source), clock.info().reason));
  const SelfTestCosts costs{measure_self_overhead(clock), measure_handover(clock)};
  print(write_self_overhead_text(costs, measure_typical_p50(clock, topology, stop)) + "\n");
  SelfTestResult result = self_test(self_test_plans(), costs, clock, [&](const SelfTestCase& test) {
    return run_self_test(test, clock, topology, stop);
  });
  if (!result.interrupted) {
    for (SelfTestCaseResult& one : test_rules()) result.cases.push_back(std::move(one));
  }
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

Verb self_test_verb() {
  const auto word = std::make_shared<std::string>("auto");
  return {.name = "selftest",
          .about = "Measure runs whose truth is known; say what busmark costs",
          .arguments = {{"--clock", word.get(), "CLOCK",
                         "auto, counter (the CPU's) or system (clock_gettime)"}},
          .run = [word] { return self_test_command(parse_clock(*word)); }};
}

}  // namespace busmark
