// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/log.hpp"

#include <sstream>

#include <fmt/core.h>

#include "verb/noise/tell.hpp"

namespace busmark {

std::string write_noise_log(const NoiseSummary& summary) {
  using std::chrono::milliseconds;
  const NoiseResult& result = *summary.result;
  const auto log_time = [](auto time) { return std::chrono::floor<milliseconds>(time); };
  HistogramLogOptions options;
  options.start = log_time(result.spin_time);
  options.comment = "busmark noise: nanoseconds, tags cpuN:gaps, cpuN:switched and cpuN:late";
  std::ostringstream text;
  HistogramLogWriter log(text, options);
  for (const CoreNoise& core : result.cores) {
    const auto write = [&](const char* kind, auto start, Nanoseconds length,
                           const Histogram& histogram) {
      log.write({.tag = fmt::format("cpu{}:{}", index(core.cpu), kind),
                 .start = log_time(start),
                 .length = std::chrono::floor<milliseconds>(length),
                 .histogram = DecodedHistogram(histogram)});
    };
    write("gaps", result.spin_time, core.run.observed, core.gaps.all());
    write("switched", result.spin_time, core.run.observed, core.gaps.switched());
    if (core.lateness.total() == 0) continue;
    write("late", result.timer_time, result.options.timer_duration(), core.lateness);
  }
  return text.str();
}

}  // namespace busmark
