// SPDX-License-Identifier: Apache-2.0
#include "verb/cores/measure.hpp"

#include <algorithm>

namespace busmark {

const CorePair* CoreMatrix::find(CpuId a, CpuId b) const noexcept {
  const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const CorePair& each) {
    return (each.from == a && each.to == b) || (each.from == b && each.to == a);
  });
  return pair == pairs.end() ? nullptr : &*pair;
}

CoreMatrix measure_core_matrix(const Clock& clock, const std::vector<CpuId>& cores,
                               const StopFlag& stop, const PingPongPlan& plan) {
  CoreMatrix matrix;
  matrix.cores = cores;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    for (std::size_t j = i + 1; j < cores.size(); ++j) {
      if (stop.load()) {
        matrix.interrupted = true;
        return matrix;
      }
      const PingPong game = play_ping_pong(clock, cores[i], cores[j], plan);
      matrix.pairs.push_back({.from = cores[i],
                              .to = cores[j],
                              .min_ns = game.quantile_ns(0),
                              .median_ns = game.median_ns(),
                              .p10_ns = game.quantile_ns(0.1),
                              .p90_ns = game.quantile_ns(0.9),
                              .clock_offset_ns = game.clock_offset_ns,
                              .clock_bound_ns = game.clock_bound_ns});
    }
  }
  return matrix;
}

}  // namespace busmark
