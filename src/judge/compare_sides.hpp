// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "judge/compare.hpp"

namespace busmark {

using Repetitions = std::vector<const StoredRepetition*>;

/// One scenario in one run.
struct ScenarioRun {
  const StoredScenario* scenario = nullptr;
  Repetitions repetitions;  ///< Those that count.
};

/// One scenario in all runs of a side that have it and can be trusted.
struct ComparedSide {
  const char* which = "";  ///< `old` or `new`.
  std::vector<ScenarioRun> runs;
  std::uint32_t invalid = 0;  ///< Runs left out, since their figures cannot be trusted.

  [[nodiscard]] std::uint32_t repetitions() const noexcept;
};

/// A scenario that both sides have, with everything that forbids a conclusion.
struct ComparedPair {
  ComparedSide old_side;
  ComparedSide new_side;
  std::string obstacle;   ///< Why a difference is no finding, unless forced.
  ScenarioChange change;  ///< Without its measures.
};

/// A repetition that failed: the worst there is, and no figure.
[[nodiscard]] bool has_failed(const StoredRepetition& repetition) noexcept;

/// Names, differences and scenarios without their measures: a pair for each scenario that both
/// sides have, in the order of the old runs; the scenarios of one side alone are in `comparison`.
[[nodiscard]] std::vector<ComparedPair> pair_up(std::span<const StoredRun> old_runs,
                                                std::span<const StoredRun> new_runs,
                                                RunComparison& comparison);

/// The measures that the options ask for.
[[nodiscard]] std::vector<Measure> wanted_measures(const CompareOptions& options);

/// Puts the pairs' scenarios before those of one side alone, p values adjusted for all measures
/// (Holm).
void join(std::vector<ComparedPair>& pairs, RunComparison& comparison);

}  // namespace busmark
