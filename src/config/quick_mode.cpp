// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "aspect/stages/keys.hpp"
#include "aspect/stages/stages.hpp"
#include "config/file.hpp"
#include "record/limits.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kAroundRepetition = 50ms;
constexpr Nanoseconds kShortestUseful = 100ms;

/// By how much times must shrink so that `repetitions` of each scenario fit; at most 1.
double factor_for(const RunConfig& config, std::uint32_t repetitions, Nanoseconds budget) {
  double scalable = 0;
  for (const auto& scenario : config.scenarios) {
    scalable += static_cast<double>((scenario.warmup + scenario.duration).count()) * repetitions;
  }
  const double fixed = static_cast<double>(kAroundRepetition.count()) * repetitions *
                       static_cast<double>(config.scenarios.size());
  return std::clamp((static_cast<double>(budget.count()) - fixed) / scalable, 0.0, 1.0);
}

Nanoseconds scaled(Nanoseconds duration, double factor) {
  // Rounded down to microseconds, so that the sum stays within the budget.
  const double microseconds = static_cast<double>(duration.count()) * factor / 1000;
  return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

bool long_enough(const RunConfig& config, double factor) {
  return std::all_of(config.scenarios.begin(), config.scenarios.end(), [&](const Scenario& one) {
    return scaled(one.duration, factor) >= std::min(one.duration, kShortestUseful);
  });
}

}  // namespace

Nanoseconds planned_time(const RunConfig& config) noexcept {
  Nanoseconds once{0};
  for (const auto& scenario : config.scenarios) {
    once += scenario.warmup + scenario.duration + kAroundRepetition + direct_call_time(scenario);
  }
  return once * config.run.repetitions;
}

void scale_to_quick(RunConfig& config, Nanoseconds budget) {
  config.run.quick = true;
  config.run.retries = 0;
  if (config.run.at_most.count() != 0) budget = std::min(budget, config.run.at_most);
  config.run.at_most = budget;
  if (planned_time(config) <= budget) return;
  for (Scenario& scenario : config.scenarios) {
    if (!scenario.warmup_ends_steady) continue;
    // To wait for a level is what there is no time for.
    scenario.warmup = Scenario{}.warmup;
    scenario.warmup_ends_steady = false;
  }
  if (planned_time(config) <= budget) return;
  double factor = factor_for(config, config.run.repetitions, budget);
  while (config.run.repetitions > 1 && !long_enough(config, factor)) {
    factor = factor_for(config, --config.run.repetitions, budget);
  }
  for (auto& scenario : config.scenarios) {
    scenario.warmup = scaled(scenario.warmup, factor);
    scenario.duration = std::max(scaled(scenario.duration, factor), kShortest);
    if (!scenario.stages.empty()) {
      scale_stages(scenario.stages, factor);
      settle_lengths(scenario);
      scenario.interval = std::max(scaled(scenario.interval, factor), kShortestInterval);
    }
    if (!scenario.fault) continue;
    scenario.fault->at = scaled(scenario.fault->at, factor);
    scenario.fault->lasts = scaled(scenario.fault->lasts, factor);
  }
}

}  // namespace busmark
