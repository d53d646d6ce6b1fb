// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/repetition.hpp"

namespace busmark {

/// One stage in figures, over the repetitions used. Counts are of messages that were due in it, but
/// for `received`, which is of deliveries.
struct StageSummary {
  std::string name;
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  double intended_rate = 0;
  double achieved_rate = 0;  ///< Accepted during the stage, per second; median over repetitions.
  std::uint64_t published = 0;
  std::uint64_t received = 0;
  std::uint64_t refused = 0;
  std::uint64_t dropped = 0;
  std::uint64_t overdue = 0;
  std::uint64_t unsent = 0;
  /// Response time; empty where the samples cannot carry it.
  std::optional<Nanoseconds> p50, p95, p99, max;
  bool raised = false;                    ///< The rate rises into it and falls behind it.
  std::optional<Nanoseconds> p95_before;  ///< See StageResult; the highest, as the next.
  std::optional<Nanoseconds> recovery;    ///< Empty also when some repetition never came back.

  /// Its messages that were not sent in time: unsent, overdue, refused, dropped.
  [[nodiscard]] std::uint64_t missed() const noexcept {
    return unsent + overdue + refused + dropped;
  }
  [[nodiscard]] double missed_share() const noexcept;
};

/// The rows of a scenario; none without stages. `used` are indices of its repetitions. Pure.
[[nodiscard]] std::vector<StageSummary> summarise_stages(const ScenarioResult& result,
                                                         const std::vector<std::uint32_t>& used);

}  // namespace busmark
