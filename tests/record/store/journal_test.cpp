// SPDX-License-Identifier: Apache-2.0
#include "record/store/journal.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "record/store/measured.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

JournalHead head() {
  JournalHead head;
  head.program = "0.1.0 00c0ffee";
  head.plan = {.file_name = "x.toml", .text = "[[scenario]]\nname = \"a\"\n", .only = "*a*"};
  head.placements.resize(1);
  head.placements[0].producers = 1;
  head.placements[0].cpus = {CpuId{2}, CpuId{3}};
  head.skipped = {""};
  return head;
}

RunResult begun() {
  RunResult result;
  result.started_at = "2026-01-31T23:59:59Z";
  result.environment.host = "here";
  return result;
}

std::string example() {
  RepetitionResult one = testing::repetition(1000, std::chrono::microseconds(50));
  RepetitionResult two = testing::repetition(10, std::chrono::microseconds(60));
  two.attempt = 2;
  two.worst_backwards = Nanoseconds(-7);
  return write_journal_head(head(), begun()) +
         write_journal_entry({.at = Nanoseconds(5), .repetition = one}) +
         write_journal_entry({.at = Nanoseconds(6), .repetition = two}) +
         write_journal_entry({.at = Nanoseconds(9), .fault = "repetition 2 could not be run: x"});
}

TEST_CASE("a journal is read as it was written") {
  const Journal journal = read_journal(example(), "journal.jsonl");
  CHECK(journal.head.program == head().program);
  CHECK(journal.head.plan == head().plan);
  REQUIRE(journal.head.placements.size() == 1);
  CHECK(journal.head.placements[0].cpus == std::vector{CpuId{2}, CpuId{3}});
  CHECK(journal.begun.started_at == begun().started_at);
  CHECK(journal.begun.environment.host == "here");
  REQUIRE(journal.entries.size() == 3);
  REQUIRE(journal.entries[1].repetition);
  CHECK(journal.entries[0].repetition->counts.received == 1000);
  CHECK(journal.entries[1].repetition->attempt == 2);
  CHECK(journal.entries[1].repetition->worst_backwards == Nanoseconds(-7));
  CHECK(journal.entries[1].at == Nanoseconds(6));
  CHECK_FALSE(journal.entries[2].repetition);
  CHECK(journal.entries[2].fault == "repetition 2 could not be run: x");
  CHECK(journal.damaged == 0);
}

TEST_CASE("a journal that is cut anywhere keeps every line that is whole, and counts the rest") {
  const std::string text = example();
  const std::size_t entries = write_journal_head(head(), begun()).size();
  for (std::size_t length = 0; length <= text.size(); length += length < entries ? 97 : 311) {
    CAPTURE(length);
    const std::string cut = text.substr(0, length);
    if (length < entries) {
      CHECK_THROWS_WITH_AS((void)read_journal(cut, "x.jsonl"), doctest::Contains("x.jsonl"),
                           SetupError);
      continue;
    }
    const Journal journal = read_journal(cut, "x.jsonl");
    const auto lines = static_cast<std::size_t>(std::count(cut.begin(), cut.end(), '\n'));
    CHECK(journal.entries.size() == lines - 2);
    CHECK(journal.whole + journal.damaged == length);
    CHECK(journal.whole == cut.rfind('\n') + 1);
  }
}

TEST_CASE("a line that the disk has spoilt ends the journal, whatever stands behind it") {
  std::string text = example();
  const std::size_t second = text.rfind("{\"scenario\"", text.rfind("{\"scenario\"") - 1);
  text[second + 30] ^= 1;
  const Journal journal = read_journal(text, "x.jsonl");
  CHECK(journal.entries.size() == 1);
  CHECK(journal.damaged > 0);
}

TEST_CASE("what is no journal, or another version's, is refused by name") {
  for (const std::string& text : {std::string(), std::string("{}\n"), std::string(400, '\n')}) {
    CHECK_THROWS_WITH_AS((void)read_journal(text, "x.jsonl"),
                         doctest::Contains("x.jsonl is not the journal of a run"), SetupError);
  }
  JournalHead other = head();
  other.schema = "busmark.journal/2";
  CHECK_THROWS_WITH_AS(
      (void)read_journal(write_journal_head(other, begun()), "x.jsonl"),
      doctest::Contains("x.jsonl is a journal of another version, \"busmark.journal/2\""),
      SetupError);
}

}  // namespace
}  // namespace busmark
