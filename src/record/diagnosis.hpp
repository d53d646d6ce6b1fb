// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/budget.hpp"

namespace busmark {

/// What a check found. The order is that of how much it matters.
enum class FindingLevel : std::uint8_t {
  ok,       ///< As wanted.
  note,     ///< For the record, or of small effect.
  unknown,  ///< Could not be read or measured; the reason is given. Never a failure.
  warn,     ///< Costs latency.
  fail,     ///< A result taken so cannot be trusted.
};
[[nodiscard]] std::string_view to_string(FindingLevel level) noexcept;

/// A delay that is known in size and share, to be held against a budget.
struct Delay {
  Nanoseconds size{};
  double share = 0;  ///< Of the messages, 0..1.
};

/// One row of the diagnosis.
struct Finding {
  std::string id;     ///< `governor`; stable, for programs.
  std::string group;  ///< `power`
  FindingLevel level = FindingLevel::unknown;
  FindingLevel severity = FindingLevel::note;  ///< The worst level that this check can give.
  std::string found;                           ///< Empty where unknown.
  std::string wanted;
  std::string why;                ///< Why it matters for latency.
  std::vector<std::string> fix;   ///< Commands for a root shell or a sentence; empty when ok.
  std::vector<std::string> undo;  ///< Commands that put back what was found.
  std::string reason;             ///< Why it is unknown.
  std::optional<Delay> delay;
};

/// Whether this machine can serve a budget, as far as is known.
struct BudgetFitness {
  Budget budget;
  bool fit = true;
  std::string reason;
};

struct Diagnosis {
  std::vector<Finding> findings;  ///< Every check, groups together, in a fixed order.
  std::vector<BudgetFitness> budgets;
  /// How much of what is known is as wanted, 0..100: a check counts 10 where it can fail and 3
  /// where it can warn, and loses 10 or 3. Empty where nothing is known.
  std::optional<int> score;

  [[nodiscard]] std::size_t count(FindingLevel level) const noexcept;
  /// No check failed and every budget can be served.
  [[nodiscard]] bool fit() const noexcept;
};

}  // namespace busmark
