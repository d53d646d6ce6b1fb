// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "record/limits.hpp"
#include "record/summary.hpp"

namespace busmark {

/// What a budget reads from a summary, in its own unit.
struct BudgetReading {
  struct Between {
    double low = 0;
    double high = 0;
  };
  double value = 0;                   ///< Infinite: never.
  std::optional<Between> interval{};  ///< Where one is known: a limit inside it is not judged.
  std::string unknown{};              ///< Not empty: why there is no value.
  std::string unbounded{};            ///< Not empty: why it has no interval, though it needs one.
};

/// Of any metric.
[[nodiscard]] BudgetReading read_budget(const Budget& budget, const ScenarioSummary& summary);
/// Of the metrics that are of the process, not of its messages.
[[nodiscard]] BudgetReading read_process(const Budget& budget, const ScenarioSummary& summary);

}  // namespace busmark
