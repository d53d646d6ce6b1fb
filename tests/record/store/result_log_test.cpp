// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <sstream>

#include <doctest/doctest.h>

#include "busmark/histogram/log.hpp"

#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/histogram_log.hpp"
#include "support/example_run.hpp"

namespace busmark {
namespace {

/// Splits a repetition's samples into two intervals as a run of two seconds would.
void split(RepetitionResult& repetition) {
  using namespace std::chrono_literals;
  repetition.measure_time = std::chrono::system_clock::time_point(1'700'000'000'250ms);
  for (const Nanoseconds start : {Nanoseconds(0s), Nanoseconds(1s)}) {
    Histogram half;
    half.record_n(repetition.response.max(), repetition.response.total() / 2);
    repetition.intervals.push_back({start, 1s, DecodedHistogram(half), DecodedHistogram(half)});
  }
}

TEST_CASE("the log holds every sample of the repetitions used, tagged by scenario and kind") {
  RunResult result = testing::example_run();
  for (ScenarioResult& scenario : result.scenarios) {
    for (RepetitionResult& repetition : scenario.repetitions) split(repetition);
  }
  const StoredRun stored = store(judge(result));
  std::istringstream text(write_result_log(result, stored));
  HistogramLogReader log(text);
  std::map<std::string, std::uint64_t> totals;
  std::map<std::string, LogTime> first;
  while (const auto interval = log.next()) {
    totals[interval->tag] += interval->histogram.total();
    first.try_emplace(interval->tag, interval->start);
    CHECK(interval->length == std::chrono::seconds(1));
  }
  for (const StoredScenario& scenario : stored.scenarios) {
    const std::string& name = scenario.name;
    CAPTURE(name);
    CHECK(totals[log_tag(name, "response")] == scenario.response.count);
    CHECK(totals[log_tag(name, "service")] == scenario.service.count);
  }
  CHECK(first["passes:response"].time_since_epoch().count() == 1'700'000'000'250);
}

}  // namespace
}  // namespace busmark
