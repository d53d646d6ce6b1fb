// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/level_changes.hpp"
#include "judge/summary.hpp"
#include "verb/doctor/judge.hpp"

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

/// A scenario with everything that is known of it.
struct JudgedScenario {
  const ScenarioResult* result = nullptr;  ///< Owned by the run.
  ScenarioSummary summary;
  ScenarioVerdict verdict;
  std::vector<std::vector<LevelChange>> level_changes{};  ///< Of each repetition.
};

/// A whole run, judged. Refers to the RunResult, which must outlive it.
struct JudgedRun {
  const RunResult* result = nullptr;
  std::vector<JudgedScenario> scenarios;
  std::optional<Diagnosis> diagnosis;  ///< Of the machine; empty where it was not examined.
  std::vector<std::string> hints;
};
/// `result` must outlive what is returned; the same of a run.
[[nodiscard]] JudgedScenario judge(const ScenarioResult& result);
[[nodiscard]] JudgedRun judge(const RunResult& result);

/// What the evidence of this run suggests to look at or to change; nothing that it does not show.
[[nodiscard]] std::vector<std::string> find_hints(const JudgedRun& run);

}  // namespace busmark
