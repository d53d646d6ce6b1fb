// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/config_options.hpp"
#include "engine/runner.hpp"
#include "judge/more_repetitions.hpp"

namespace busmark {

/// What one scenario of the plan may have in all, whatever time is left.
[[nodiscard]] std::uint32_t most_repetitions(const RunOptions& options) noexcept;
/// How many of each scenario `at_most` has room for, where that is fewer, if all take what is
/// planned.
[[nodiscard]] std::uint32_t most_repetitions(const RunPlan& plan,
                                             const PlannedScenario& planned) noexcept;
/// What this plan cannot show, of each scenario that will run: `name: p99 < 5ms cannot be judged`.
[[nodiscard]] std::vector<std::string> what_cannot_be_judged(const RunPlan& plan);
/// Refuses a `--at-most` that the planned repetitions alone exceed; throws SetupError.
void check_at_most(const RunPlan& plan, const ConfigOptions& options);

/// Looks at the scenarios of a run, one after the other, and gives each its share of the time that
/// `at_most` leaves. The time of the run begins with it. On the thread of the runner.
class UntilDecided {
 public:
  /// `plan` must outlive it.
  explicit UntilDecided(const RunPlan& plan)
      : plan_(plan), start_(std::chrono::steady_clock::now()) {}

  [[nodiscard]] Look operator()(const ScenarioResult& so_far) const;

 private:
  const RunPlan& plan_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace busmark
