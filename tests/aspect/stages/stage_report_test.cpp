// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/golden.hpp"
#include "support/staged_results.hpp"
#include "support/text.hpp"
#include "support/told.hpp"
#include "tell/forms.hpp"

namespace busmark {
namespace {

using testing::contains;

using namespace std::chrono_literals;
using testing::spike_repetition;
using testing::spike_scenario;

RunResult staged_run() {
  RunResult run;
  run.options.name = "staged";
  run.scenarios = {spike_scenario({spike_repetition(2us, 40us, 3us)})};
  return run;
}

TEST_CASE("the report has a row for each stage, with the way back from a spike") {
  RunResult run = staged_run();
  const std::string text = testing::told(run);
  CHECK(text == testing::golden("report/stages.txt", text));
  CHECK(contains(text, "  40us     150ms\n"));
  run.scenarios[0].repetitions[0].stages[1].recovery.reset();
  CHECK(contains(testing::told(run), "  40us  not back\n"));
  run.scenarios[0].repetitions[0].stages[1].p95_before.reset();
  CHECK(contains(testing::told(run), "  40us         -\n"));
}

TEST_CASE("a load without stages leaves no trace in the report") {
  RunResult run;
  run.scenarios = {testing::scenario({testing::repetition(1000, 2us)})};
  CHECK_FALSE(contains(testing::told(run), "stage"));
  CHECK_FALSE(contains(write_result_json(store(judge(run))), "stage"));
}

TEST_CASE("a result with stages is read back as it was written") {
  const RunResult run = staged_run();
  const std::string text = write_result_json(store(judge(run)));
  CHECK(text == testing::golden("report/stages.json", text));
  const StoredRun stored = read_result_json(text, "test");
  CHECK(write_result_json(stored) == text);
  CHECK(stored.scenarios[0].stages->at(1).recovery == 150ms);
  CHECK(stored.scenarios[0].repetitions[0].load_series->at(2).intended == 5000);
}

TEST_CASE("stages stand in Markdown and have a CSV of their own") {
  const RunResult run = staged_run();
  const StoredRun stored = store(judge(run));
  CHECK(contains(find_form("md")->write(stored).front().text, "## Stages"));
  CHECK(
      find_form("csv-stages")->write(stored).front().text ==
      "scenario,stage,start_ns,length_ns,intended_per_second,achieved_per_second,published,"
      "received,refused,dropped,overdue,unsent,response_p50_ns,response_p95_ns,response_p99_ns,"
      "response_max_ns,p95_before_ns,recovery_ns\n"
      "spike,1x for 1s,0,1000000000,1000,1000,1000,1000,0,0,0,0,2000,2000,2000,2000,,\n"
      "spike,10x for 500ms,1000000000,500000000,10000,10000,5000,5000,0,0,0,0,40000,40000,40000,"
      "40000,2000,150000000\n"
      "spike,1x for 1s,1500000000,1000000000,1000,1000,1000,1000,0,0,0,0,3000,3000,3000,3000,,\n");
  CHECK(form_of_file("a.stages.csv") == find_form("csv-stages"));
}

}  // namespace
}  // namespace busmark
