// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/summary.hpp"
#include "record/diagnosis.hpp"
#include "record/run_result.hpp"
#include "record/verdict.hpp"

namespace busmark {

/// A scenario with everything that is known of it.
struct JudgedScenario {
  const ScenarioResult* result = nullptr;  ///< Owned by the run.
  ScenarioSummary summary;
  ScenarioVerdict verdict;
  std::vector<std::vector<LevelChange>> level_changes{};  ///< Of each repetition.
};

/// A whole run, judged. Refers to the RunResult, which must outlive it. What is told of a run reads
/// what store() makes of it.
struct JudgedRun {
  const RunResult* result = nullptr;
  std::vector<JudgedScenario> scenarios;
  std::optional<Diagnosis> diagnosis{};  ///< Of the machine, where the caller had it examined.
};

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
/// `missing`: messages are, so that what the client library was told is a reason.
[[nodiscard]] std::vector<std::string> find_nats_faults(const NatsReport& report,
                                                        bool on_purpose = false,
                                                        bool missing = false);

[[nodiscard]] ScenarioVerdict judge(const ScenarioResult& result, const ScenarioSummary& summary);

/// The worst of the budgets of one class; empty where it has none.
[[nodiscard]] std::optional<Verdict> verdict_of_class(const ScenarioVerdict& verdict,
                                                      std::string_view name);

/// `result` must outlive what is returned; the same of a run.
[[nodiscard]] JudgedScenario judge(const ScenarioResult& result);
[[nodiscard]] JudgedRun judge(const RunResult& result);

}  // namespace busmark
