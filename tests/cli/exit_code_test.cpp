// SPDX-License-Identifier: Apache-2.0
#include "exit_code.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

ExitCode code(const std::vector<Verdict>& verdicts, bool strict = false, bool interrupted = false) {
  RunResult result;
  result.interrupted = interrupted;
  JudgedRun run;
  run.result = &result;
  for (const Verdict verdict : verdicts) {
    run.scenarios.emplace_back();
    run.scenarios.back().verdict.verdict = verdict;
  }
  return exit_code(run, strict);
}

TEST_CASE("the worst scenario decides the exit code") {
  CHECK(code({Verdict::pass, Verdict::skip}) == ExitCode::ok);
  CHECK(code({Verdict::pass, Verdict::fail, Verdict::warn}) == ExitCode::budget_failed);
  CHECK(code({Verdict::invalid, Verdict::fail}) == ExitCode::invalid);
}

TEST_CASE("a warning and an inconclusive budget fail in strict mode only") {
  for (const Verdict doubtful : {Verdict::warn, Verdict::inconclusive}) {
    CHECK(code({Verdict::pass, doubtful}) == ExitCode::ok);
    CHECK(code({Verdict::pass, doubtful}, true) == ExitCode::budget_failed);
  }
  CHECK(code({Verdict::pass}, true) == ExitCode::ok);
}

TEST_CASE("skipped scenarios alone mean that nothing ran") {
  CHECK(code({Verdict::skip, Verdict::skip}) == ExitCode::nothing_ran);
  CHECK(code({}) == ExitCode::nothing_ran);
}

TEST_CASE("an interrupt is told before every verdict") {
  for (const Verdict verdict : {Verdict::skip, Verdict::pass, Verdict::fail, Verdict::invalid}) {
    CHECK(code({verdict}, false, true) == ExitCode::interrupted);
  }
}

TEST_CASE("the numbers are those that the README promises") {
  CHECK(static_cast<int>(ExitCode::ok) == 0);
  CHECK(static_cast<int>(ExitCode::budget_failed) == 1);
  CHECK(static_cast<int>(ExitCode::usage) == 2);
  CHECK(static_cast<int>(ExitCode::invalid) == 4);
  CHECK(static_cast<int>(ExitCode::nothing_ran) == 5);
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
