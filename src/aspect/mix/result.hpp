// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "busmark/histogram/histogram.hpp"

namespace busmark {

struct RepetitionPlan;
struct RawRepetition;
struct RepetitionResult;

/// What became of the messages of one class that were due in the measured window of one repetition.
/// Rows as the scenario's mix.
struct ClassResult {
  std::uint64_t published = 0;  ///< Deliveries asked for, as MessageCounts::published.
  std::uint64_t refused = 0;
  std::uint64_t received = 0;  ///< Different ones, but for copies at two members of a group.
  Histogram response;          ///< Of all arrivals.

  /// Accepted and not received: lost or dropped, which transports do not tell apart by message.
  [[nodiscard]] std::uint64_t missing() const noexcept {
    const std::uint64_t accepted = published - refused;
    return accepted > received ? accepted - received : 0;
  }
};

/// Fills `classes` of the result. Pure; nothing without a mix.
void assemble_classes(const RepetitionPlan& plan, const RawRepetition& raw,
                      RepetitionResult& result);

}  // namespace busmark
