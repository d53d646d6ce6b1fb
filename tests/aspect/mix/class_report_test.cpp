// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/golden.hpp"
#include "support/mixed_results.hpp"
#include "support/text.hpp"
#include "support/told.hpp"
#include "tell/forms.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::contains;

RunResult mixed_run() {
  RunResult run;
  run.options.name = "mixed";
  const RepetitionResult one = testing::mixed_repetition(2us, 40us);
  run.scenarios = {testing::mixed_scenario({one, one, one}), testing::users_scenario()};
  return run;
}

TEST_CASE("the report has a row for each class, and a closed loop is called one") {
  const RunResult run = mixed_run();
  const std::string text = testing::told(run);
  CHECK(text == testing::golden("report/classes.txt", text));
  CHECK(contains(text, "deep: p95 < 30us: 40us, missed by"));
  CHECK(contains(text, "stalls hide (coordinated omission)"));
  CHECK_FALSE(contains(text, "under saturation"));
}

TEST_CASE("a run without mix and users says nothing of classes and closed loops") {
  RunResult run;
  run.scenarios = {testing::scenario({testing::repetition(1000, 2us)})};
  for (const std::string& text : {testing::told(run), write_result_json(store(judge(run)))}) {
    CHECK_FALSE(contains(text, "class "));
    CHECK_FALSE(contains(text, "\"classes\""));
    CHECK_FALSE(contains(text, "closed"));
  }
}

TEST_CASE("a class's row counts what a disturbed repetition lost, too") {
  RunResult run = mixed_run();
  RepetitionResult lossy = testing::mixed_repetition(2us, 40us, 5);
  lossy.disturbance = "the cores moved";
  run.scenarios[0].repetitions.push_back(lossy);
  run.scenarios[0].lossless = false;
  const std::string text = testing::told(run);
  const std::size_t row = text.find("mixed     deep");
  REQUIRE(row != std::string::npos);
  CAPTURE(text);
  CHECK(contains(text.substr(row, text.find('\n', row) - row), "    5  "));
  CHECK_FALSE(store(judge(run)).scenarios[0].classes->at(0).lost_in_all);
  CHECK(store(judge(run)).scenarios[0].classes->at(1).lost_in_all == 5);
}

TEST_CASE("a result with classes and users is read back as it was written") {
  const RunResult run = mixed_run();
  const std::string text = write_result_json(store(judge(run)));
  CHECK(text == testing::golden("report/classes.json", text));
  const StoredRun stored = read_result_json(text, "test");
  CHECK(write_result_json(stored) == text);
  const StoredClass& deep = stored.scenarios[0].classes->at(1);
  CHECK(deep.summary.counts.published == 600);
  CHECK(deep.verdict == Verdict::fail);
  CHECK(deep.histogram.total() == 600);
  CHECK(stored.scenarios[0].budgets[2].shown() == "deep: p95 < 30us");
  CHECK(stored.scenarios[1].users->turns == 1000);
  CHECK(stored.scenarios[1].parameter("load_model") == "closed loop");
}

TEST_CASE("classes stand in Markdown, have a CSV of their own, and their budgets in every form") {
  const StoredRun stored = store(judge(mixed_run()));
  const std::string markdown = find_form("md")->write(stored).front().text;
  CHECK(contains(markdown, "## Classes"));
  CHECK(contains(markdown, "deep: p95 &lt; 30us"));
  CHECK(contains(markdown, "With users it is a closed loop"));
  CHECK(find_form("csv-classes")->write(stored).front().text ==
        "scenario,class,verdict,payload_bytes,work_ns,asked_share,share,intended_per_second,"
        "achieved_per_second,published,received,dropped,refused,lost,response_count,"
        "response_min_ns,response_mean_ns,response_p50_ns,response_p75_ns,response_p90_ns,"
        "response_p95_ns,response_p99_ns,response_p99.9_ns,response_p99.99_ns,response_max_ns\n"
        "mixed,price,PASS,64,0,0.75,0.8,750,800,2400,2400,0,0,0,2400,2000,2000,2000,2000,2000,2000,"
        "2000,,,2000\n"
        "mixed,deep,FAIL,4096,20000,0.25,0.2,250,200,600,600,0,0,0,600,40000,40000,40000,40000,"
        "40000,40000,40000,,,40000\n");
  CHECK(form_of_file("a.classes.csv") == find_form("csv-classes"));
  CHECK(contains(find_form("junit")->write(stored).front().text, "deep: p95 &lt; 30us"));
  CHECK(contains(find_form("prom")->write(stored).front().text, "budget=\"deep: p95 < 30us\""));
  CHECK(contains(write_annotations(stored), "FAIL deep: p95 < 30us: 40us"));
}

}  // namespace
}  // namespace busmark
