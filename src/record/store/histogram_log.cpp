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

std::string write_result_log(const JudgedRun& run) {
  HistogramLogOptions options;
  options.comment = "busmark: nanoseconds, tags scenario:response and scenario:service";
  for (const JudgedScenario& judged : run.scenarios) {
    if (judged.summary.used.empty()) continue;
    options.start = log_time(judged.result->repetitions[judged.summary.used.front()].measure_time);
    break;
  }
  std::ostringstream text;
  HistogramLogWriter log(text, options);
  for (const JudgedScenario& judged : run.scenarios) {
    for (const std::uint32_t used : judged.summary.used) {
      write_repetition(log, judged.result->scenario.name, judged.result->repetitions[used]);
    }
  }
  return text.str();
}

}  // namespace busmark
