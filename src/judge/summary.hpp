// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/repetition.hpp"
#include "record/summary.hpp"

namespace busmark {

/// Merges the undisturbed, complete repetitions (all of them where there is none). `extra` are
/// percentiles that budgets ask for beyond the reported ones. Pure.
[[nodiscard]] ScenarioSummary summarise(const ScenarioResult& result);

/// The classes of a scenario; none without a mix. `whole` has all but `classes`. Pure.
[[nodiscard]] std::vector<ClassSummary> summarise_classes(const ScenarioResult& result,
                                                          const ScenarioSummary& whole);
/// A class as if it were a scenario of its own, to be judged by its own budgets.
[[nodiscard]] ScenarioSummary alone(const ClassSummary& one, const ScenarioSummary& whole);

/// What one repetition gives to a latency.
struct LatencySource {
  const Histogram* all = nullptr;
  std::vector<const DecodedHistogram*> sections{};  ///< As RepetitionLatency has them.
  std::uint64_t missing = 0;
};

/// One latency over several repetitions: percentiles as kReportedPercentiles and those that
/// `budgets` ask for. `copies`: samples that one message makes.
[[nodiscard]] LatencySummary summarise_latency(const std::vector<LatencySource>& repetitions,
                                               const std::vector<Budget>& budgets,
                                               std::uint32_t copies);

/// The response of one repetition, whose sections it refers to.
[[nodiscard]] LatencySource response_of(const RepetitionResult& repetition, std::uint32_t copies);
/// Deliveries of a repetition that were due and never arrived: refused, dropped, lost, unsent.
[[nodiscard]] std::uint64_t missing_of(const RepetitionResult& repetition,
                                       std::uint32_t copies) noexcept;

/// The users of a scenario; empty without. `used` are indices of its repetitions. Pure.
[[nodiscard]] std::optional<UsersSummary> summarise_users(const ScenarioResult& result,
                                                          const std::vector<std::uint32_t>& used);

}  // namespace busmark
