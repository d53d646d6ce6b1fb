// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "busmark/analysis/verdict.hpp"

namespace busmark {
namespace {

using Hints = std::vector<std::string>;

void hint_at_build(const Environment& environment, Hints& hints) {
  if (!environment.build.optimised || environment.build.sanitized) {
    hints.push_back("this build is not optimised or is sanitized: its figures mean nothing; "
                    "build with ./dev build");
  }
}

void hint_at_settings(const Environment& environment, Hints& hints) {
  if (!environment.governor.empty() && environment.governor != "performance") {
    hints.push_back(fmt::format("the governor is {}; cpupower frequency-set -g performance",
                                environment.governor));
  }
  if (environment.load_average && *environment.load_average > environment.online_cpus * 0.5) {
    hints.push_back(fmt::format("the load average before the run was {:.2f} on {} cpus: other work "
                                "ran beside it",
                                *environment.load_average, environment.online_cpus));
  }
}

/// Repetitions that ran at different distances of the same cores do not belong together.
void hint_at_distances(const std::vector<JudgedScenario>& scenarios, Hints& hints) {
  std::size_t disturbed = 0;
  std::set<Distance> distances;
  for (const JudgedScenario& judged : scenarios) {
    for (const RepetitionResult& repetition : judged.result->repetitions) {
      disturbed += repetition.disturbed() ? 1U : 0U;
      if (!repetition.disturbed()) distances.insert(repetition.before.distance());
    }
  }
  if (disturbed > 0) {
    hints.push_back(fmt::format("{} repetition{} disturbed and not used where others were not; see "
                                "repetitions[].disturbance in the result",
                                disturbed, disturbed == 1 ? " was" : "s were"));
  }
  if (distances.size() > 1) {
    hints.push_back("the distance between the cores differed from repetition to repetition: compare "
                    "only figures of one witness class, or use a machine with fixed cores");
  }
}

void hint_at_scenario(const JudgedScenario& judged, Hints& hints) {
  const std::string& name = judged.result->scenario.name;
  const ScenarioSummary& summary = judged.summary;
  if (summary.only_disturbed) {
    hints.push_back(fmt::format("{}: every repetition was disturbed or interrupted; the figures "
                                "include the disturbance", name));
  }
  if (judged.result->placement.degraded_wait) {
    hints.push_back(fmt::format("{}: more threads than cores; waiting threads yield instead of "
                                "spinning, so latencies include the scheduler", name));
  }
  constexpr Percentile kP99{990'000};
  const PercentileEstimate* lag = summary.pacing ? summary.pacing->find(kP99) : nullptr;
  const PercentileEstimate* response = summary.response.find(kP99);
  if (lag != nullptr && response != nullptr && lag->supported && lag->value * 2 > response->value &&
      lag->value > std::chrono::microseconds(1)) {
    hints.push_back(fmt::format("{}: producers sent late (p99 {}); more than half of the p99 response "
                                "time was spent before the message left",
                                name, format_duration(lag->value)));
  }
  std::int64_t switches = 0;
  for (const std::uint32_t i : summary.used) {
    switches += judged.result->repetitions[i].producers.involuntary_switches +
                judged.result->repetitions[i].consumers.involuntary_switches;
  }
  constexpr std::int64_t kMany = 20;
  if (switches > kMany * static_cast<std::int64_t>(summary.used.size())) {
    hints.push_back(fmt::format("{}: the measured threads were preempted {} times; isolate their "
                                "cores (isolcpus, cpuset) or stop other work",
                                name, switches));
  }
}

}  // namespace

std::vector<std::string> find_hints(const RunResult& result,
                                    const std::vector<JudgedScenario>& scenarios) {
  Hints hints;
  hint_at_build(result.environment, hints);
  hint_at_settings(result.environment, hints);
  hint_at_distances(scenarios, hints);
  for (const JudgedScenario& judged : scenarios) {
    if (judged.result->skipped.empty()) hint_at_scenario(judged, hints);
  }
  return hints;
}

}  // namespace busmark
