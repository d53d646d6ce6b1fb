// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "../support/example_run.hpp"
#include "../support/golden.hpp"
#include "../support/results.hpp"
#include "../support/text.hpp"
#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "tell/text.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the text report of the example run is the recorded one") {
  const RunResult result = testing::example_run();
  const std::string text = write_text_report(judge(result), false);
  CHECK(text == testing::golden("report/example.txt", text));
}

TEST_CASE("colour only decorates: without the codes the text is the same") {
  const RunResult result = testing::example_run();
  const JudgedRun judged = judge(result);
  std::string colored = write_text_report(judged, true);
  CHECK(colored.find("\x1b[32mPASS\x1b[0m") != std::string::npos);
  for (std::size_t at = colored.find('\x1b'); at != std::string::npos; at = colored.find('\x1b')) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  CHECK(colored == write_text_report(judged, false));
}

TEST_CASE("a percentile without enough samples is withheld from the table") {
  RunResult result = testing::example_run();
  std::erase_if(result.scenarios, [](const auto& s) { return s.scenario.name != "few-samples"; });
  const std::string text = write_text_report(judge(result), false);
  const std::string row = text.substr(text.find("few-samples"));
  CHECK(row.substr(0, row.find('\n')) ==
        "few-samples  1k/s  2us    -    -      -  2us  1k/s     0  INCONCLUSIVE");
}

TEST_CASE("what a free core did beside the run is a line, and a sentence on the page") {
  RepetitionResult repetition = testing::repetition(1000, 2us);
  FloorDuring floor;
  floor.cpu = CpuId{7};
  floor.during = {.watched = 1s, .lost = 30ms, .switched = 20ms, .own = 5ms, .gaps = 9};
  floor.around = {.watched = 1s, .lost = 10ms, .switched = 0ns, .own = 0ns, .gaps = 1};
  floor.longest = 4ms;
  repetition.floor_during = floor;
  RunResult run;
  run.scenarios = {testing::scenario({repetition})};
  const std::string sentence =
      "cpu 7, which nothing measured, was taken or away for 2.5 % of the time during example, for "
      "at most "
      "4ms "
      "at once; before and after for 1 %";
  CHECK(testing::contains(write_text_report(judge(run), false), "beside   " + sentence + "\n"));
  const std::string json = write_result_json(store(judge(run)));
  const StoredRun stored = read_result_json(json, "test");
  CHECK(write_result_json(stored) == json);
  REQUIRE(stored.scenarios.at(0).floor_during);
  CHECK(stored.scenarios[0].floor_during->cpu == 7);
}

}  // namespace
}  // namespace busmark
