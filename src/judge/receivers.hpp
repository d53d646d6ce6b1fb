// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/repetition.hpp"

namespace busmark {

/// One receiver over the repetitions used. Percentiles are medians of those of the repetitions;
/// empty where one of these had too few samples to carry them.
struct ReceiverSummary {
  std::string role;            ///< `consumer`, `stage`, `responder` or `requester`.
  std::uint64_t received = 0;  ///< Messages of the measured window, the copies of others aside.
  std::uint64_t dropped = 0;   ///< Discarded before they reached it; warm-up included.
  std::optional<Nanoseconds> p50;
  std::optional<Nanoseconds> p95;
  std::optional<Nanoseconds> p99;
  Nanoseconds max{};
};

/// How evenly several receivers were served.
struct ReceiversSummary {
  std::vector<ReceiverSummary> each;  ///< Consumers, then requesters.
  /// Of what the final receivers got: 1 when all got the same, 1/n when one got all (Jain, Chiu and
  /// Hawe, "A Quantitative Measure of Fairness", 1984). Empty when nothing was received.
  std::optional<double> fairness;
  /// Highest p50 of a final receiver over the lowest; empty in a pipeline and where one is unknown.
  std::optional<double> spread;
};

/// Empty for a scenario with one receiver. `used`: indices of repetitions, not empty. Pure.
[[nodiscard]] std::optional<ReceiversSummary> summarise_receivers(
    const ScenarioResult& result, const std::vector<std::uint32_t>& used);

}  // namespace busmark
