// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/witness.hpp"

#include <algorithm>
#include <cmath>

#include "machine/probe/ping_pong.hpp"

namespace busmark {

Distance distance_at(double one_way_ns) noexcept {
  if (one_way_ns < kCloseBelowNs) return Distance::close;
  return one_way_ns < kNearBelowNs ? Distance::near : Distance::far;
}

Distance Witness::distance() const noexcept {
  return from == to ? Distance::same_cpu : distance_at(one_way_ns);
}

double clock_skew_ns(const Witness& witness) noexcept {
  return std::max(0.0, std::abs(witness.clock_offset_ns) - witness.clock_bound_ns);
}

bool moved(double one_way_before_ns, double one_way_after_ns) noexcept {
  constexpr double kMoreThanNoise = 1.5;
  const auto [low, high] = std::minmax(one_way_before_ns, one_way_after_ns);
  return high > low * kMoreThanNoise;
}

bool moved(const Witness& before, const Witness& after) noexcept {
  return before.from != before.to && moved(before.one_way_ns, after.one_way_ns);
}

Witness measure_witness(const Clock& clock, CpuId from, CpuId to) {
  Witness witness;
  if (from != to) {
    const PingPong game = play_ping_pong(clock, from, to);
    witness.one_way_ns = game.median_ns();
    witness.clock_offset_ns = game.clock_offset_ns;
    witness.clock_bound_ns = game.clock_bound_ns;
  }
  witness.from = from;
  witness.to = to;
  return witness;
}

Witness measure_witness(const Clock& clock, std::span<const CpuId> producers,
                        std::span<const CpuId> consumers) {
  Witness worst;
  std::size_t pairs = 0;
  for (const CpuId producer : producers) {
    for (const CpuId consumer : consumers) {
      if (pairs++ == kWitnessPairs) return worst;
      const Witness witness = measure_witness(clock, producer, consumer);
      if (pairs == 1 || witness.one_way_ns > worst.one_way_ns) worst = witness;
    }
  }
  return worst;
}

}  // namespace busmark
