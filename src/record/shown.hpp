// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "busmark/base/units.hpp"

#include "record/run.hpp"
#include "record/summary.hpp"
#include "record/verdict.hpp"

namespace busmark {

/// A budget's value or limit in its own unit: `4.2ms`, `99k/s`, `3`; `-` for none.
[[nodiscard]] std::string budget_number(const StoredBudget& budget,
                                        const std::optional<double>& value);

/// The same of what it reads; `never` where that is for ever.
std::string budget_value(const StoredBudget& budget);

/// `+12.3 %`; `-` for none.
std::string margin_text(const std::optional<double>& margin);

/// A percentile of the summary; empty where it is withheld.
std::optional<Nanoseconds> value_of(const LatencySummary& latency, Percentile percentile);

/// `5 passed, 1 warned, 2 failed`.
[[nodiscard]] std::string tally(const StoredRun& run);
/// `5 of 9 scenarios passed, 1 warned, 2 failed`.
[[nodiscard]] std::string verdict_tally(const StoredRun& run);

std::size_t count_of(const StoredRun& run, Verdict verdict);

}  // namespace busmark
