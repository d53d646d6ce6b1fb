// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/diagnosis.hpp"
#include "record/summary.hpp"
#include "record/verdict.hpp"

namespace busmark {

struct RunResult;

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

}  // namespace busmark
