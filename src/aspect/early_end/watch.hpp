// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/observer.hpp"
#include "record/repetition.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// Looks at each interval of a repetition whether a budget is certain to be missed. Of response
/// time alone, for nothing else is known before the end: percentiles and the mean of an open loop,
/// where it is known how many messages can come, and the maximum of any load. What it calls certain
/// is also beyond the interval of the figure, which would make it inconclusive. On the thread that
/// collects.
class BudgetWatch {
 public:
  explicit BudgetWatch(const Scenario& scenario);

  /// The first budget that the intervals so far make certain.
  [[nodiscard]] std::optional<MissedBudget> add(const IntervalResult& interval);

 private:
  struct Line {
    Budget budget;
    std::uint64_t allowed = 0;
    std::uint64_t beyond = 0;
    double sum_ns = 0;
  };

  std::uint64_t planned_ = 0;
  std::vector<Line> lines_;
};

/// Calls the repetition off when a budget is certain to be missed; null where it is to go on.
[[nodiscard]] std::unique_ptr<Observer> observe_budgets(const RepetitionPlan& plan);

/// The longest intervals that let a repetition end early enough to matter.
[[nodiscard]] Nanoseconds longest_between_looks(const Scenario& scenario);

}  // namespace busmark
