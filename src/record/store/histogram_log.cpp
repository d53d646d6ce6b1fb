// SPDX-License-Identifier: Apache-2.0
#include "record/store/histogram_log.hpp"

#include <sstream>

#include <fmt/core.h>

#include "busmark/histogram/log.hpp"

namespace busmark {
namespace {

using std::chrono::milliseconds;

LogTime log_time(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<milliseconds>(time);
}

void write_repetition(HistogramLogWriter& log, const std::string& scenario,
                      const RepetitionResult& repetition) {
  const LogTime start = log_time(repetition.measure_time);
  for (const IntervalResult& interval : repetition.intervals) {
    const auto since = std::chrono::floor<milliseconds>(interval.start);
    const auto until = std::chrono::floor<milliseconds>(interval.start + interval.length);
    const auto write = [&](const char* kind, const DecodedHistogram& histogram) {
      log.write({.tag = log_tag(scenario, kind),
                 .start = start + since,
                 .length = until - since,
                 .histogram = histogram});
    };
    write("response", interval.response);
    write("service", interval.service);
  }
}

}  // namespace

std::string log_tag(std::string_view scenario, std::string_view kind) {
  return fmt::format("{}:{}", scenario, kind);
}

std::string write_result_log(const RunResult& run, const StoredRun& stored) {
  struct Used {
    const std::string* scenario = nullptr;
    const RepetitionResult* repetition = nullptr;
  };
  std::vector<Used> all;
  for (std::size_t s = 0; s < run.scenarios.size(); ++s) {
    const ScenarioResult& scenario = run.scenarios[s];
    for (std::size_t r = 0; r < scenario.repetitions.size(); ++r) {
      if (!stored.scenarios[s].repetitions[r].used) continue;
      all.push_back({&scenario.scenario.name, &scenario.repetitions[r]});
    }
  }
  HistogramLogOptions options;
  options.comment = "busmark: nanoseconds, tags scenario:response and scenario:service";
  if (!all.empty()) options.start = log_time(all.front().repetition->measure_time);
  std::ostringstream text;
  HistogramLogWriter log(text, options);
  for (const Used& one : all) write_repetition(log, *one.scenario, *one.repetition);
  return text.str();
}

}  // namespace busmark
