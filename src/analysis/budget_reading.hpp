// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "busmark/analysis/summary.hpp"

namespace busmark {

/// What a budget reads from a summary, in its own unit.
struct BudgetReading {
  struct Between {
    double low = 0;
    double high = 0;
  };
  double value = 0;
  std::optional<Between> interval{};  ///< Where one is known: a limit inside it is not judged.
  std::string unknown{};              ///< Not empty: why there is no value.
};

/// Of the metrics that are of the process, not of its messages.
[[nodiscard]] BudgetReading read_process(const Budget& budget, const ScenarioSummary& summary);

}  // namespace busmark
