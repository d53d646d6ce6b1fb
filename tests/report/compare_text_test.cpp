// SPDX-License-Identifier: Apache-2.0
#include "busmark/report/compare_text.hpp"

#include <doctest/doctest.h>

#include "../support/golden.hpp"
#include "../support/stored.hpp"

namespace busmark {
namespace {

/// One measure of each verdict, a left out repetition and another allocator.
RunComparison example_comparison() {
  StoredRun before = testing::stored_run({1000, 1003, 998, 1001, 1002, 999, 1004, 997});
  StoredRun after = before;
  before.started_at = "2026-01-31T09:15:00Z";
  after.started_at = "2026-02-01T09:15:00Z";
  after.environment.machine.build.allocator = "glibc 2.36";
  auto& repetitions = after.scenarios[0].repetitions;
  for (std::size_t i = 0; i < repetitions.size(); ++i) {
    auto& percentiles = repetitions[i].response.percentiles;
    percentiles[3].value = *percentiles[3].value * 2;                              // p95
    percentiles[4].value = *percentiles[4].value * (6 + static_cast<int>(i)) / 8;  // p99
    repetitions[i].rate.achieved = 2000;
  }
  repetitions.push_back(testing::stored_repetition(9000));
  repetitions.back().disturbed = true;
  repetitions.back().disturbance = "the cores moved";
  return compare(before, after);
}

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
  const std::string text = write_compare_text(compare(run, run), false);
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

}  // namespace
}  // namespace busmark
