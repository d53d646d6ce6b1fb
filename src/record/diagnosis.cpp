// SPDX-License-Identifier: Apache-2.0
#include "record/diagnosis.hpp"

#include <algorithm>

namespace busmark {

std::string_view to_string(FindingLevel level) noexcept {
  switch (level) {
    case FindingLevel::ok: return "ok";
    case FindingLevel::note: return "note";
    case FindingLevel::unknown: return "unknown";
    case FindingLevel::warn: return "warn";
    case FindingLevel::fail: return "fail";
  }
  return "unknown";
}

std::size_t Diagnosis::count(FindingLevel level) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.level == level; }));
}

bool Diagnosis::fit() const noexcept {
  return count(FindingLevel::fail) == 0 &&
         std::all_of(budgets.begin(), budgets.end(),
                     [](const BudgetFitness& each) { return each.fit; });
}

}  // namespace busmark
