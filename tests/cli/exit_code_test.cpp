// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

ExitCode code(const std::vector<Verdict>& verdicts, Gate gate = Gate::usual,
              bool interrupted = false) {
  StoredRun run;
  run.interrupted = interrupted;
  for (const Verdict verdict : verdicts) run.scenarios.emplace_back().verdict = verdict;
  return exit_code(run, gate);
}

TEST_CASE("the worst scenario decides the exit code") {
  CHECK(code({Verdict::pass, Verdict::skip}) == ExitCode::ok);
  CHECK(code({Verdict::pass, Verdict::fail, Verdict::warn}) == ExitCode::budget_failed);
  CHECK(code({Verdict::invalid, Verdict::fail}) == ExitCode::invalid);
}

TEST_CASE("an undecided budget has a code of its own, which a failed one hides") {
  CHECK(code({Verdict::pass, Verdict::inconclusive}) == ExitCode::undecided);
  CHECK(code({Verdict::inconclusive, Verdict::fail}) == ExitCode::budget_failed);
  CHECK(code({Verdict::inconclusive, Verdict::invalid}) == ExitCode::invalid);
  CHECK(code({Verdict::warn}) == ExitCode::ok);
}

TEST_CASE("a strict gate fails what is doubtful, a lenient one passes it and nothing worse") {
  for (const Verdict doubtful : {Verdict::warn, Verdict::inconclusive}) {
    CHECK(code({Verdict::pass, doubtful}, Gate::strict) == ExitCode::budget_failed);
    CHECK(code({Verdict::pass, doubtful}, Gate::lenient) == ExitCode::ok);
  }
  CHECK(code({Verdict::pass}, Gate::strict) == ExitCode::ok);
  CHECK(code({Verdict::inconclusive, Verdict::fail}, Gate::lenient) == ExitCode::budget_failed);
}

TEST_CASE(
    "a run's own failure is told before a comparison, a regression before what is undecided") {
  CHECK(worse_of(ExitCode::ok, ExitCode::regression) == ExitCode::regression);
  CHECK(worse_of(ExitCode::ok, ExitCode::inconclusive) == ExitCode::inconclusive);
  CHECK(worse_of(ExitCode::undecided, ExitCode::regression) == ExitCode::regression);
  CHECK(worse_of(ExitCode::undecided, ExitCode::inconclusive) == ExitCode::undecided);
  CHECK(worse_of(ExitCode::budget_failed, ExitCode::regression) == ExitCode::budget_failed);
  CHECK(worse_of(ExitCode::invalid, ExitCode::regression) == ExitCode::invalid);
}

TEST_CASE("skipped scenarios alone mean that nothing ran") {
  CHECK(code({Verdict::skip, Verdict::skip}) == ExitCode::nothing_ran);
  CHECK(code({}) == ExitCode::nothing_ran);
}

TEST_CASE("an interrupt is told before every verdict") {
  for (const Verdict verdict : {Verdict::skip, Verdict::pass, Verdict::fail, Verdict::invalid}) {
    CHECK(code({verdict}, Gate::usual, true) == ExitCode::interrupted);
  }
}

TEST_CASE("the numbers are those that the README promises") {
  CHECK(static_cast<int>(ExitCode::ok) == 0);
  CHECK(static_cast<int>(ExitCode::budget_failed) == 1);
  CHECK(static_cast<int>(ExitCode::usage) == 2);
  CHECK(static_cast<int>(ExitCode::invalid) == 4);
  CHECK(static_cast<int>(ExitCode::nothing_ran) == 5);
  CHECK(static_cast<int>(ExitCode::undecided) == 6);
  CHECK(static_cast<int>(ExitCode::interrupted) == 130);
}

RunComparison comparison_of(std::vector<Change> changes, bool invalid = false) {
  RunComparison comparison;
  ScenarioChange& scenario = comparison.scenarios.emplace_back();
  scenario.invalid = invalid;
  for (const Change change : changes) scenario.measures.emplace_back().change = change;
  return comparison;
}

TEST_CASE("a confirmed regression beats everything else that a comparison found") {
  using enum Change;
  CHECK(exit_code(comparison_of({none, improved}), false) == ExitCode::ok);
  CHECK(exit_code(comparison_of({none, inconclusive}), false) == ExitCode::ok);
  CHECK(exit_code(comparison_of({none, inconclusive}), true) == ExitCode::inconclusive);
  CHECK(exit_code(comparison_of({inconclusive, regressed}, true), true) == ExitCode::regression);
  CHECK(exit_code(comparison_of({inconclusive}, true), true) == ExitCode::invalid);
  CHECK(exit_code(comparison_of({improved}), true) == ExitCode::ok);
}

}  // namespace
}  // namespace busmark
