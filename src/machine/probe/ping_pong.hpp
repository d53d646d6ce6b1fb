// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

namespace busmark {

/// How often a cache line is bounced. At 40 ns one way the default takes a quarter millisecond and
/// the offset 40 us.
struct PingPongPlan {
  int blocks = 15;
  int rounds_per_block = 200;  ///< Round trips between two readings of the clock.
  int offset_rounds = 500;     ///< Round trips that carry the responder's clock; 0: no offset.
};

/// What the bouncing showed.
struct PingPong {
  std::vector<double> one_way_ns;  ///< Of each block, in order of time: half its mean round trip.
  double clock_offset_ns = 0;      ///< Clock of `to` minus clock of `from`, best estimate.
  double clock_bound_ns = 0;       ///< The true offset lies within this of the estimate.

  /// 0 when there is no block.
  [[nodiscard]] double median_ns() const;
  /// The value that a `share` of the blocks does not exceed; share 0 is the smallest.
  [[nodiscard]] double quantile_ns(double share) const;
};

/// Bounces one cache line between threads pinned to two different cores. Throws SetupError when a
/// core cannot be used. Method: nviennot/core-to-core-latency, one line.
[[nodiscard]] PingPong play_ping_pong(const Clock& clock, CpuId from, CpuId to,
                                      const PingPongPlan& plan = {});

}  // namespace busmark
