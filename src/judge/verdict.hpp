// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/summary.hpp"
#include "record/judged.hpp"
#include "record/run_result.hpp"
#include "record/verdict.hpp"

namespace busmark {

/// Judges one budget against figures that are taken as valid. Pure.
[[nodiscard]] BudgetVerdict judge(const Budget& budget, const ScenarioSummary& summary);

/// Share of an open loop's messages that were not sent in time: unsent, overdue, refused, dropped.
[[nodiscard]] double missed_share(const ScenarioSummary& summary) noexcept;
/// Whether that is so little, of each stage too, that the intended rate counts as kept. True under
/// saturation.
[[nodiscard]] bool keeps_rate(const ScenarioSummary& summary) noexcept;

/// Why the figures of a scenario cannot be trusted; empty when they can.
[[nodiscard]] std::vector<std::string> find_faults(const ScenarioResult& result,
                                                   const ScenarioSummary& summary);

/// Why a run over nats-server cannot be trusted, of one repetition; empty when nothing is wrong.
[[nodiscard]] std::vector<std::string> find_nats_faults(const NatsReport& report,
                                                        bool on_purpose = false);

[[nodiscard]] ScenarioVerdict judge(const ScenarioResult& result, const ScenarioSummary& summary);

/// The worst of the budgets of one class; empty where it has none.
[[nodiscard]] std::optional<Verdict> verdict_of_class(const ScenarioVerdict& verdict,
                                                      std::string_view name);

/// `result` must outlive what is returned; the same of a run.
[[nodiscard]] JudgedScenario judge(const ScenarioResult& result);
[[nodiscard]] JudgedRun judge(const RunResult& result);

/// What the evidence of this run suggests to look at or to change; nothing that it does not show.
[[nodiscard]] std::vector<std::string> find_hints(const JudgedRun& run);

}  // namespace busmark
