// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "aspect/tail/html.hpp"
#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/golden.hpp"
#include "support/results.hpp"
#include "support/text.hpp"
#include "support/told.hpp"
#include "tell/forms.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::contains;

SlowEvent slow_event(Nanoseconds response, SlowCause cause) {
  return {.begin = 1200ms,
          .end = 1200ms + response,
          .messages = 7,
          .response = response,
          .held = 12us,
          .producer = 0,
          .sequence = 120'311,
          .receiver = 0,
          .evidence = {.span = 20ms,
                       .unread = 10ms,
                       .waited = 3950us,
                       .waiter = "consumer 0",
                       .turns = 3,
                       .minor_faults = 0,
                       .major_faults = 0,
                       .pauses = 0,
                       .stolen = 0ns,
                       .interrupts = std::nullopt},
          .broken = false,
          .cause = cause};
}

RunResult slow_run() {
  RepetitionResult repetition = testing::repetition(1000, 2us);
  repetition.pauses = 2;
  repetition.slow = SlowResult{
      .over = 100us,
      .messages = 40,
      .episodes = 9,
      .worst = {slow_event(4100us, SlowCause::preempted), slow_event(210us, SlowCause::unknown),
                slow_event(200us, SlowCause::unknown)}};
  RunResult run;
  run.scenarios = {testing::scenario({repetition})};
  run.scenarios[0].scenario.slow_over = 100us;
  return run;
}

TEST_CASE("the tail is told by cause, with what was counted around the worst messages") {
  const RunResult run = slow_run();
  const std::string text = testing::told(run);
  CAPTURE(text);
  CHECK(contains(text,
                 "preempted         1         7  4.1ms  other work ran on a core of its way\n"));
  CHECK(contains(text, "unknown           2        14  210us  nothing that the kernel counts\n"));
  CHECK(contains(text, "40 of 1000 messages took longer than 100us, in 9 episodes; the 3 worst"));
  CHECK(contains(text,
                 "4.1ms (12us of it before it was sent), repetition 1 at 1.2s, message 120311"));
  CHECK(contains(text, "preempted: consumer 0 waited 3.95ms for its core in the 20ms around it\n"));
}

TEST_CASE("a tail is read back as it was written") {
  const RunResult run = slow_run();
  const std::string text = write_result_json(store(judge(run)));
  const StoredRun stored = read_result_json(text, "test");
  CHECK(write_result_json(stored) == text);
  const StoredRepetition& repetition = stored.scenarios.at(0).repetitions.at(0);
  CHECK(repetition.pauses == 2);
  REQUIRE(repetition.slow);
  CHECK(repetition.slow->worst.at(0).cause == SlowCause::preempted);
  CHECK(repetition.slow->worst.at(0).evidence.stolen == 0ns);
  CHECK(!repetition.slow->worst.at(0).evidence.interrupts);
}

TEST_CASE("a cause that nobody knows is refused with its place") {
  const RunResult run = slow_run();
  std::string text = write_result_json(store(judge(run)));
  const std::string cause = "\"preempted\"";
  text.replace(text.find(cause), cause.size(), "\"moonlight\"");
  CHECK_THROWS_WITH_AS(read_result_json(text, "test"), doctest::Contains("cause"), ConfigError);
}

TEST_CASE("the tail stands in Markdown and on the page, and has a CSV of its own") {
  const StoredRun stored = store(judge(slow_run()));
  const std::string markdown = find_form("md")->write(stored).front().text;
  const std::size_t begin = markdown.find("## The tail by cause");
  REQUIRE(begin != std::string::npos);
  const std::string section = markdown.substr(begin, markdown.find("\n## ", begin) + 1 - begin);
  CHECK(section == testing::golden("report/slow.md", section));
  const std::string page = html_tail(stored);
  CHECK(page == testing::golden("report/slow.html", page));
  const std::string rows = find_form("csv-slow")->write(stored).front().text;
  CHECK(rows == testing::golden("report/slow.csv", rows));
  CHECK(form_of_file("a.slow.csv") == find_form("csv-slow"));
}

TEST_CASE("a repetition that does not count is no part of a tail, but a row of its CSV") {
  StoredRun stored = store(judge(slow_run()));
  stored.scenarios[0].repetitions[0].used = false;
  CHECK(html_tail(stored).empty());
  CHECK_FALSE(contains(find_form("md")->write(stored).front().text, "tail by cause"));
  CHECK(contains(find_form("csv-slow")->write(stored).front().text, ",1,false,100000,preempted,"));
}

TEST_CASE("who had nothing slow is told so, without tables") {
  RunResult run = slow_run();
  run.scenarios[0].repetitions[0].slow.emplace().over = 100us;
  const StoredRun stored = store(judge(run));
  for (const std::string& text : {find_form("md")->write(stored).front().text, html_tail(stored)}) {
    CHECK(contains(text, "0 of 1000 messages took longer than 100us, in 0 episodes"));
    CHECK_FALSE(contains(text, "meaning"));
  }
}

TEST_CASE("names in a tail stay text in each form") {
  RunResult run = slow_run();
  const std::string nasty = "=<script>alert('x')</script>|`[a](b)\n::error::x, \"q\" @all\x1b[31m";
  run.scenarios[0].scenario.name = nasty;
  run.scenarios[0].repetitions[0].slow->worst[0].evidence.waiter = nasty;
  const StoredRun stored = store(judge(run));
  for (const std::string& text : {find_form("md")->write(stored).front().text, html_tail(stored)}) {
    CHECK_FALSE(contains(text, "<script"));
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\n::error"));
  }
  const std::string rows = find_form("csv-slow")->write(stored).front().text;
  CHECK_FALSE(contains(rows, "\x1b"));
  CHECK(contains(rows, "\n\"'=<script>"));
  CHECK(contains(rows, ",\"'=<script>"));
}

}  // namespace
}  // namespace busmark
