// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/budget.hpp"

namespace busmark {

/// From best to worst; a scenario's verdict is the worst of its parts.
enum class Verdict : std::uint8_t {
  skip,  ///< Not run: the transport is not available.
  pass,
  warn,          ///< Met with less than 10 % slack.
  inconclusive,  ///< The interval of the value straddles the limit.
  fail,
  invalid,  ///< The figures cannot be trusted, so no budget is judged on them.
};
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

/// One budget line, judged.
struct BudgetVerdict {
  Budget budget;
  std::string message_class{};  ///< Of a mix, that it judges; empty: the whole scenario.
  Verdict verdict = Verdict::pass;
  std::optional<double> value;   ///< In the budget's own unit; empty where it cannot be told.
  std::optional<double> margin;  ///< Share of the limit that is left (negative: exceeded); empty
                                 ///< when the limit is zero.
  std::string reason;            ///< For everything but a pass.

  /// `p95 < 5ms`, of a class `price: p95 < 5ms`.
  [[nodiscard]] std::string text() const;
};

/// One scenario, judged.
struct ScenarioVerdict {
  Verdict verdict = Verdict::pass;
  std::vector<BudgetVerdict> budgets;
  std::vector<std::string> reasons;  ///< Why invalid or skipped; whole sentences.
};

}  // namespace busmark
