// SPDX-License-Identifier: Apache-2.0
#include "tell/compare_text.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/golden.hpp"
#include "support/stored.hpp"

namespace busmark {
namespace {

/// Five runs on each side with one measure of each verdict, a left out repetition and another
/// allocator.
RunComparison example_comparison() {
  std::vector<StoredRun> before;
  std::vector<StoredRun> after;
  for (int run = 0; run < 5; ++run) {
    before.push_back(testing::stored_run({1000.0 + run, 1003.0 + run, 998.0 + run}));
    before.back().started_at = fmt::format("2026-01-31T09:15:0{}Z", run);
    StoredRun& changed = after.emplace_back(before.back());
    changed.started_at = fmt::format("2026-02-01T09:15:0{}Z", run);
    changed.environment.machine.build.allocator = "glibc 2.36";
    for (StoredRepetition& repetition : changed.scenarios[0].repetitions) {
      auto& percentiles = repetition.response.percentiles;
      percentiles[3].value = *percentiles[3].value * 2;              // p95
      percentiles[4].value = *percentiles[4].value * (6 + run) / 7;  // p99
      repetition.rate.achieved = 2000;
    }
  }
  auto& repetitions = after[3].scenarios[0].repetitions;
  repetitions.push_back(testing::stored_repetition(9000));
  repetitions.back().disturbed = true;
  repetitions.back().disturbance = "the cores moved";
  return compare(before, after);
}

/// One run against another of the same, as `name`.
RunComparison compare_one(const StoredRun& run) { return compare({&run, 1}, {&run, 1}); }

TEST_CASE("the comparison of the example is the recorded one, as text and as Markdown") {
  const std::string text = write_compare_text(example_comparison(), false);
  CHECK(text == testing::golden("report/forms/compare.txt", text));
  const std::string markdown = write_compare_markdown(example_comparison());
  CHECK(markdown == testing::golden("report/forms/compare.md", markdown));
}

TEST_CASE("colour marks the verdicts of a comparison") {
  const std::string text = write_compare_text(example_comparison(), true);
  CHECK(text.find("\x1b[31mregressed\x1b[0m") != std::string::npos);
  CHECK(text.find("\x1b[32mimproved\x1b[0m") != std::string::npos);
}

TEST_CASE("names from a hostile file move no cursor") {
  StoredRun run = testing::stored_run({1000, 1001});
  run.scenarios[0].name = "a\x1b[2Jb";
  run.name = "x\x1b]0;y\x07";
  run.scenarios[0].repetitions[0].disturbed = true;
  run.scenarios[0].repetitions[0].disturbance = "\x1b[31m";
  const std::string text = write_compare_text(compare_one(run), false);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
}

TEST_CASE("an annotation names each regression") {
  const std::string text = write_annotations(example_comparison());
  CHECK(text.find("::error title=busmark compare%3A one::p95 regressed from 1us to 2us") == 0);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("the tally counts every verdict") {
  CHECK(tally(example_comparison()) == "1 regressed, 1 improved, 6 no change, 1 inconclusive");
}

TEST_CASE("one run against one run has no interval, and is told what would decide") {
  const std::string text =
      write_compare_text(compare_one(testing::stored_run({1000, 1001})), false);
  CHECK(text.find("p50       1us   1us  +0.0     -       -       -        -  inconclusive") !=
        std::string::npos);
  CHECK(text.find("to decide all: 3 runs on each side (busmark run CONFIG --out OLD") !=
        std::string::npos);
}

}  // namespace
}  // namespace busmark
