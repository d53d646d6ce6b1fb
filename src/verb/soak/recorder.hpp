// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "busmark/histogram/log.hpp"

#include "engine/books/interval_collector.hpp"
#include "verb/soak/judge.hpp"

namespace busmark {

/// Watches a soak from the runner's thread: at each interval it takes a sample of this process and
/// writes the interval's histograms to a log, which is whole up to there whatever happens next. All
/// memory for the samples of a scenario is taken at its start and touched, so that what is watched
/// does not grow by being watched.
class SoakRecorder {
 public:
  /// `log_path` names the log when the first interval is over, not before; it may throw SetupError.
  SoakRecorder(std::function<std::filesystem::path()> log_path, std::size_t most_intervals);

  /// The next intervals are those of this scenario.
  void begin(const std::string& scenario);
  void add(const IntervalResult& interval);
  /// The samples of the scenario that has ended.
  [[nodiscard]] std::vector<SoakSample> take();

  /// Why the log is not complete; empty when it is. The soak itself goes on.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  void log(const IntervalResult& interval);
  void open_log(LogTime start);

  std::function<std::filesystem::path()> log_path_;
  std::size_t most_;
  std::string scenario_;
  std::vector<SoakSample> samples_;
  std::size_t used_ = 0;
  std::chrono::system_clock::time_point measured_since_{};  ///< Wall time of the window's start.
  std::ofstream file_;
  std::optional<HistogramLogWriter> writer_;
  std::string shown_path_;
  std::string problem_;
};

}  // namespace busmark
