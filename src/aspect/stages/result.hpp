// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

namespace busmark {

struct RepetitionPlan;
struct RawRepetition;
struct RepetitionResult;

/// What became of the messages that were due in one stage of one repetition, whenever they were
/// sent or received. Rows as load_stages names them.
struct StageResult {
  std::uint64_t published = 0;  ///< Tried to send; messages, as the next four.
  std::uint64_t refused = 0;
  std::uint64_t overdue = 0;   ///< Sent more than 5 ms, or 1 % of the stage, behind its end.
  std::uint64_t unsent = 0;    ///< Still due when the drain's deadline came.
  std::uint64_t sent = 0;      ///< Accepted during the stage, whenever they were due.
  std::uint64_t received = 0;  ///< Deliveries.
  Nanoseconds max{};
  DecodedHistogram response{Histogram::shape()};

  /// Where the rate rises into the stage and falls behind it: the p95 of the stage before, where
  /// that has the samples for it.
  std::optional<Nanoseconds> p95_before;
  /// From the end of such a stage to the start of the first interval of which at most one message
  /// in ten took longer than `p95_before`.
  std::optional<Nanoseconds> recovery;
};

/// One interval of a load in stages, to be held against what was asked for. Messages.
struct LoadInterval {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  double intended = 0;         ///< From the stages; the mean where arrivals are random.
  std::uint64_t due = 0;       ///< Tried to send, by due time.
  std::uint64_t sent = 0;      ///< Accepted, by the time at which the producer turned to them.
  std::uint64_t received = 0;  ///< Deliveries, by due time.
};

/// Whether the rate rises into stage `index` and falls behind it.
[[nodiscard]] bool is_raised(const std::vector<double>& rates, std::size_t index, double load);

/// Fills `stages` and `load_series` of the result. Pure; nothing without stages.
void assemble_stages(const RepetitionPlan& plan, const RawRepetition& raw,
                     RepetitionResult& result);

}  // namespace busmark
