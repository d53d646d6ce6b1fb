// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/limits.hpp"

#include <fmt/format.h>

namespace busmark {

std::optional<std::string> memory_misfit(const TransportInfo& transport, const Scenario& scenario) {
  if (!transport.operation) return std::nullopt;
  for (const Budget& budget : scenario.budget) {
    if (!is_memory(budget.metric)) continue;
    return fmt::format("{} is not watched for memory; leave out the budget \"{}\"", transport.name,
                       budget.text);
  }
  return std::nullopt;
}

std::optional<std::string> direct_call_misfit(const TransportInfo& transport,
                                              const Scenario& scenario) {
  if (!compares_cpu(scenario.budget)) return std::nullopt;
  if (transport.operation) {
    return fmt::format("{} is no transport to hold against a direct call; leave out cpu_overhead",
                       transport.name);
  }
  if (!scenario.mix.empty()) {
    return "cpu_overhead is of messages that are all alike; leave out mix or cpu_overhead";
  }
  if (scenario.work.count() == 0) {
    return "cpu_overhead is held against the consumer's work called directly, and there is none; "
           "write work, such as \"2us\"";
  }
  const bool saturated = !scenario.load.open_loop() && scenario.users == 0;
  if (saturated || scenario.wait == WaitStrategy::park) return std::nullopt;
  return fmt::format(
      "cpu_overhead says nothing of threads that {}: they take their cores however little there is "
      "to do; write wait = \"park\" or load = \"max\"",
      to_string(scenario.wait));
}

std::optional<std::string> process_unshared(const Scenario& scenario) {
  if (!watches_memory(scenario.budget) && !compares_cpu(scenario.budget)) return std::nullopt;
  return "agents do not watch their memory nor call directly; leave budgets of rss, memory.growth "
         "and cpu_overhead out, or run it without --agents";
}

}  // namespace busmark
