// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

#include "engine/phase.hpp"
#include "machine/probe/ping_pong.hpp"
#include "machine/probe/witness.hpp"

namespace busmark {

/// Two cores and the time of a cache line between them: one way, half a round trip. The same in
/// both directions, as a round trip has no direction.
struct CorePair {
  CpuId from{};
  CpuId to{};
  double min_ns = 0;  ///< Of the blocks, as are the next three.
  double median_ns = 0;
  double p10_ns = 0;
  double p90_ns = 0;
  double clock_offset_ns = 0;  ///< As in Witness.
  double clock_bound_ns = 0;

  [[nodiscard]] Distance distance() const noexcept { return distance_at(median_ns); }
};

struct CoreMatrix {
  std::vector<CpuId> cores;
  std::vector<CorePair> pairs;  ///< Each two cores once, in the order of `cores`.
  bool interrupted = false;     ///< Pairs are missing at the end.

  /// Either direction; nullptr for one core, or a pair that was not measured.
  [[nodiscard]] const CorePair* find(CpuId a, CpuId b) const noexcept;
};

/// Of the matrix: 30 blocks of 500 round trips, 1.2 ms at 40 ns one way.
inline constexpr PingPongPlan kMatrixPlan{.blocks = 30, .rounds_per_block = 500};
/// Of one look in a watch: as short as a look can be whose median one stall does not move.
inline constexpr PingPongPlan kLookPlan{.blocks = 9, .rounds_per_block = 100, .offset_rounds = 0};

/// Measures one pair after the other, nothing else beside. `stop` ends it after the current pair.
/// Throws SetupError when a core cannot be used.
[[nodiscard]] CoreMatrix measure_core_matrix(const Clock& clock, const std::vector<CpuId>& cores,
                                             const StopFlag& stop,
                                             const PingPongPlan& plan = kMatrixPlan);

}  // namespace busmark
