// SPDX-License-Identifier: Apache-2.0
#include "cli/until_decided.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

namespace busmark {

std::uint32_t most_repetitions(const RunOptions& options) noexcept {
  // A time that the user gave is the bound; that of a quick run is only its own.
  constexpr std::uint32_t kWhateverFits = 1000;
  const bool timed = options.at_most.count() != 0 && !options.quick;
  return timed ? kWhateverFits : most_repetitions(options.repetitions);
}

std::uint32_t most_repetitions(const RunPlan& plan, const PlannedScenario& planned) noexcept {
  const RunOptions& options = plan.options;
  const std::uint32_t most = most_repetitions(options);
  const std::int64_t each = planned.planned.count() / std::max(options.repetitions, 1U);
  if (options.at_most.count() == 0 || each == 0) return most;
  const Nanoseconds left =
      share_of_time(options.at_most, Nanoseconds{0}, plan.planned, plan.scenarios.size());
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(options.repetitions + left.count() / each, most));
}

std::vector<std::string> what_cannot_be_judged(const RunPlan& plan) {
  std::vector<std::string> sentences;
  for (const PlannedScenario& planned : plan.scenarios) {
    if (!planned.skipped.empty()) continue;
    const std::uint32_t most =
        plan.options.until.decided ? most_repetitions(plan, planned) : plan.options.repetitions;
    for (const std::string& one : cannot_be_judged(planned.scenario, plan.options.until, most)) {
      sentences.push_back(fmt::format("{}: {}", planned.scenario.name, one));
    }
  }
  return sentences;
}

void check_at_most(const RunPlan& plan, const ConfigOptions& options) {
  const Nanoseconds at_most = plan.options.at_most;
  if (options.at_most.empty() || options.quick || plan.planned <= at_most) return;
  throw SetupError(
      fmt::format("--at-most {} is less than the planned repetitions take, about {}; raise it, or "
                  "shorten duration or repetitions",
                  options.at_most, format_duration(plan.planned)));
}

Look UntilDecided::operator()(const ScenarioResult& so_far) const {
  const RunOptions& options = plan_.options;
  RepetitionLimits limits{.planned = options.repetitions, .most = most_repetitions(options)};
  if (options.at_most.count() != 0) {
    const auto here = std::find_if(
        plan_.scenarios.begin(), plan_.scenarios.end(),
        [&](const PlannedScenario& one) { return one.scenario.name == so_far.scenario.name; });
    Nanoseconds reserved{};
    std::size_t scenarios = 0;
    for (auto one = here; one != plan_.scenarios.end(); ++one) {
      // By turns the planned repetitions of all are there when the first asks for more.
      if (one != here && options.order == Order::sequential) reserved += one->planned;
      if (one->skipped.empty()) ++scenarios;
    }
    limits.left = share_of_time(options.at_most, std::chrono::steady_clock::now() - start_,
                                reserved, scenarios);
  }
  return look_for_more(so_far, options.until, limits);
}

}  // namespace busmark
