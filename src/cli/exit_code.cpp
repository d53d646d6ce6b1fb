// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

#include <algorithm>

namespace busmark {

ExitCode exit_code(const StoredRun& run, Gate gate) noexcept {
  if (run.interrupted) return ExitCode::interrupted;
  Verdict worst = Verdict::skip;
  for (const StoredScenario& scenario : run.scenarios) worst = std::max(worst, scenario.verdict);
  switch (worst) {
    case Verdict::skip: return ExitCode::nothing_ran;
    case Verdict::pass: return ExitCode::ok;
    case Verdict::warn: return gate == Gate::strict ? ExitCode::budget_failed : ExitCode::ok;
    case Verdict::inconclusive:
      if (gate == Gate::lenient) return ExitCode::ok;
      return gate == Gate::strict ? ExitCode::budget_failed : ExitCode::undecided;
    case Verdict::fail: return ExitCode::budget_failed;
    case Verdict::invalid: return ExitCode::invalid;
  }
  return ExitCode::invalid;
}

ExitCode worse_of(ExitCode run, ExitCode comparison) noexcept {
  if (run == ExitCode::ok) return comparison;
  const bool confirmed = run == ExitCode::undecided && comparison == ExitCode::regression;
  return confirmed ? comparison : run;
}

ExitCode exit_code(const RunComparison& comparison, bool fail_inconclusive) noexcept {
  if (comparison.count(Change::regressed) > 0) return ExitCode::regression;
  if (comparison.any_invalid()) return ExitCode::invalid;
  const bool unclear = comparison.count(Change::inconclusive) > 0;
  return fail_inconclusive && unclear ? ExitCode::inconclusive : ExitCode::ok;
}

}  // namespace busmark
