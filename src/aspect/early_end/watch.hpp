// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/books/interval_collector.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// A budget that a repetition missed whatever else might have come.
struct MissedBudget {
  std::string budget;        ///< As the user wrote it.
  Nanoseconds after{};       ///< From the start of the measured window until that was certain.
  std::uint64_t beyond = 0;  ///< Messages beyond the limit by then.
  std::uint64_t enough = 0;  ///< So many decide it; 0: it is not decided by counting, as a mean.
  std::uint64_t planned =
      0;               ///< Most messages of the whole window; 0: not known, under saturation.
  std::string reason;  ///< The numbers, as a part of a sentence.
  bool for_good =
      false;  ///< Decides its budget, as a maximum does; else it is one miss of several.
};

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

/// The longest intervals that let a repetition end early enough to matter.
[[nodiscard]] Nanoseconds longest_between_looks(const Scenario& scenario);

}  // namespace busmark
