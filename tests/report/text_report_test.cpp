// SPDX-License-Identifier: Apache-2.0
#include "busmark/report/text_report.hpp"

#include <doctest/doctest.h>

#include "../support/example_run.hpp"
#include "../support/golden.hpp"

namespace busmark {
namespace {

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
        "few-samples  1k/s  2us    -    -      -  2us  1k/s     0  INVALID");
}

}  // namespace
}  // namespace busmark
