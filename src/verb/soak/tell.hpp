// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "verb/soak/judge.hpp"

namespace busmark {

inline constexpr const char* kSoakSchema = "busmark.soak/1";

/// One scenario of `busmark soak`.
struct SoakedScenario {
  std::string name;
  std::string transport;
  std::vector<SoakSample> samples;
  SoakAnalysis analysis;
  ScenarioVerdict scenario;                 ///< Of its budgets and books, as `run` judges them.
  Verdict verdict = Verdict::inconclusive;  ///< With its memory.
  MessageCounts counts;
  std::uint64_t too_late = 0;
  std::uint64_t audit_reach = 0;  ///< Sequence numbers of one producer that the audit tells apart.
  bool interrupted = false;
  std::string ended_early{};  ///< The budget that was certain to be missed, and when; mostly empty.
};

/// A whole session of `busmark soak`.
struct SoakSession {
  std::string config;
  std::string started_at;  ///< UTC, ISO 8601.
  std::string machine;
  std::string version;
  std::string allocator;
  Nanoseconds duration{};
  Nanoseconds interval{};
  std::vector<SoakedScenario> scenarios;  ///< Those that have ended.
  bool interrupted = false;
};

/// Most rows of samples that the text shows of one scenario.
inline constexpr std::size_t kMostSoakRows = 20;

/// Samples as a table, slopes with their intervals, what they mean and what to do. Pure.
[[nodiscard]] std::string write_soak_text(const SoakSession& session, bool color);
/// `busmark.soak/1`, with every sample.
[[nodiscard]] std::string write_soak_json(const SoakSession& session);

}  // namespace busmark
