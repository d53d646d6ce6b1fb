// SPDX-License-Identifier: Apache-2.0
#include "record/shown.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "record/budget.hpp"

namespace busmark {

std::string budget_number(const StoredBudget& budget, const std::optional<double>& value) {
  if (!value) return "-";
  try {
    return format_value(parse_budget(budget.text).metric, *value);
  } catch (const std::invalid_argument&) {
    // A budget of a later version: the bare number says enough.
  }
  return fmt::format("{}", *value);
}

std::string budget_value(const StoredBudget& budget) {
  return budget.never.value_or(false) ? "never" : budget_number(budget, budget.value);
}

std::string margin_text(const std::optional<double>& margin) {
  return margin ? fmt::format("{:+.1f} %", *margin * 100) : "-";
}

std::optional<Nanoseconds> value_of(const LatencySummary& latency, Percentile percentile) {
  const PercentileEstimate* estimate = latency.find(percentile);
  if (estimate == nullptr || !estimate->supported) return std::nullopt;
  return estimate->value;
}

std::size_t count_of(const StoredRun& run, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(run.scenarios.begin(), run.scenarios.end(),
                    [=](const StoredScenario& scenario) { return scenario.verdict == verdict; }));
}

namespace {

/// `, 1 warned, 2 failed`: what did not pass.
std::string others(const StoredRun& run) {
  constexpr std::array<std::pair<Verdict, std::string_view>, 5> kWords{
      {{Verdict::warn, "warned"},
       {Verdict::inconclusive, "inconclusive"},
       {Verdict::fail, "failed"},
       {Verdict::invalid, "invalid"},
       {Verdict::skip, "skipped"}}};
  std::string text;
  for (const auto& [verdict, word] : kWords) {
    if (const std::size_t count = count_of(run, verdict); count > 0) {
      text += fmt::format(", {} {}", count, word);
    }
  }
  return text;
}

}  // namespace

std::string tally(const StoredRun& run) {
  return fmt::format("{} passed{}", count_of(run, Verdict::pass), others(run));
}

std::string verdict_tally(const StoredRun& run) {
  return fmt::format("{} of {} scenarios passed{}", count_of(run, Verdict::pass),
                     run.scenarios.size(), others(run));
}

}  // namespace busmark
