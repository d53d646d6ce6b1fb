// SPDX-License-Identifier: Apache-2.0
#include "judge/level_changes.hpp"

#include <algorithm>

#include "stat/change_points.hpp"

namespace busmark {

std::vector<LevelChange> level_changes(const RepetitionResult& repetition) {
  if (!repetition.stages.empty() || repetition.fault) return {};
  std::vector<double> medians;
  std::vector<Nanoseconds> starts;
  const auto add = [&](const DecodedHistogram& response, Nanoseconds start) {
    if (response.total() < kFewestMessages) return;
    const std::uint64_t p50 = response.value_at(Percentile{500'000});
    medians.push_back(static_cast<double>(std::max<std::uint64_t>(p50, 1)));
    starts.push_back(start);
  };
  std::size_t whole = 0;
  for (const IntervalResult& interval : repetition.intervals) whole += interval.last ? 0U : 1U;
  if (whole > repetition.sections.size()) {
    for (const IntervalResult& interval : repetition.intervals) {
      if (!interval.last) add(interval.response, interval.start);
    }
  } else {
    for (const SectionResult& section : repetition.sections) add(section.response, section.start);
  }
  std::vector<LevelChange> changes;
  for (const ChangePoint& point : find_change_points(medians, kLevelChange)) {
    changes.push_back({.at = starts[point.at],
                       .before = Nanoseconds(static_cast<std::int64_t>(point.before)),
                       .after = Nanoseconds(static_cast<std::int64_t>(point.after))});
  }
  return changes;
}

}  // namespace busmark
