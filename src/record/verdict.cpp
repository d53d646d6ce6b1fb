// SPDX-License-Identifier: Apache-2.0
#include "record/verdict.hpp"

namespace busmark {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::skip: return "SKIP";
    case Verdict::pass: return "PASS";
    case Verdict::warn: return "WARN";
    case Verdict::inconclusive: return "INCONCLUSIVE";
    case Verdict::fail: return "FAIL";
    case Verdict::invalid: return "INVALID";
  }
  return "UNKNOWN";
}

std::string BudgetVerdict::text() const {
  return message_class.empty() ? budget.text : message_class + ": " + budget.text;
}

}  // namespace busmark
