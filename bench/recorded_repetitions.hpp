// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "busmark/histogram/log.hpp"

#include "stat/percentile_interval.hpp"

namespace busmark {

/// A repetition that was run, with its intervals as its sections.
struct RecordedRepetition {
  DecodedHistogram whole{Histogram::shape()};
  std::vector<DecodedHistogram> sections;

  [[nodiscard]] RepetitionLatency latency() const {
    RepetitionLatency latency{.whole = whole};
    for (const DecodedHistogram& section : sections) latency.sections.push_back(&section);
    return latency;
  }
};

/// The repetitions of one scenario in a `result.hlog`: lines whose tag ends in `:response`. A line
/// that does not begin where the one before it ended begins a repetition, for between two of them
/// lies a warm-up. Throws std::runtime_error where the file has none.
inline std::vector<RecordedRepetition> recorded_repetitions(const std::string& path) {
  using std::chrono::milliseconds;
  constexpr milliseconds kRounding{5};
  std::ifstream file(path);
  HistogramLogReader reader(file);
  std::vector<RecordedRepetition> repetitions;
  std::string tag;
  LogTime end{};
  while (const std::optional<HistogramLogInterval> line = reader.next()) {
    if (!line->tag.ends_with(":response")) continue;
    if (tag.empty()) tag = line->tag;
    if (line->tag != tag) continue;
    if (repetitions.empty() || line->start - end > kRounding) repetitions.emplace_back();
    end = line->start + line->length;
    repetitions.back().whole.merge(line->histogram);
    repetitions.back().sections.push_back(line->histogram);
  }
  if (repetitions.empty()) {
    throw std::runtime_error(fmt::format(
        "{} has no lines of a scenario's response: give a result.hlog of a run with 'interval'",
        path));
  }
  return repetitions;
}

}  // namespace busmark
