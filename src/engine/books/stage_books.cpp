// SPDX-License-Identifier: Apache-2.0
#include "engine/books/stage_books.hpp"

#include <chrono>
#include <cmath>

#include "engine/load_curve.hpp"

namespace busmark {

std::size_t series_length(const Scenario& scenario) noexcept {
  const double intervals = static_cast<double>(scenario.duration.count()) /
                           static_cast<double>(std::max(scenario.interval.count(), 1L));
  return static_cast<std::size_t>(std::max(std::ceil(intervals - 0.01), 1.0));
}

StageGrid::StageGrid(const Scenario& scenario, const Clock& clock, std::uint64_t seed)
    : classes(scenario.mix, seed, scenario.on_full != OnFull::block),
      subjects(subject_turns(scenario)) {
  for (const MessageClass& one : scenario.mix) {
    work.push_back(clock.to_ticks(work_of(scenario, one)));
  }
  const std::vector<LoadStage> rows = paced_stages(scenario);
  if (rows.empty()) return;
  // As the curve computes the begin of a stage, so that its first message is never a tick early.
  const double per_ns = clock.ticks_per_second() / 1e9;
  const auto ticks = [&](Nanoseconds duration) {
    return static_cast<std::int64_t>(static_cast<double>(duration.count()) * per_ns);
  };
  constexpr Nanoseconds kLeastGrace = std::chrono::milliseconds(5);
  for (const LoadStage& row : rows) {
    stages.push_back(ticks(row.end()));
    late.push_back(ticks(row.end() + std::max(row.length / 100, kLeastGrace)));
  }
  const std::size_t length = series_length(scenario);
  for (std::size_t i = 1; i < length; ++i) {
    cells.push_back(ticks(scenario.interval * static_cast<std::int64_t>(i)));
  }
  cells.push_back(stages.back());
}

}  // namespace busmark
