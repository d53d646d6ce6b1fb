// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "verb/noise/measure.hpp"

namespace busmark::testing {

/// A core watched for 10 s on which nothing has happened yet.
inline CoreNoise quiet_core(int cpu) {
  CoreNoise core(CpuId{cpu}, std::chrono::seconds(10));
  core.run.observed = std::chrono::seconds(10);
  core.run.reads = 500'000'000;
  core.counted = core.run.observed;
  return core;
}

inline void add_gaps(CoreNoise& core, int number, Nanoseconds length, bool switched = false) {
  const Nanoseconds apart = core.run.observed / (number + 1);
  for (int i = 0; i < number; ++i) core.gaps.record(apart * (i + 1), length, switched);
}

inline InterruptCount interrupts(InterruptKind kind, const std::string& name, std::uint64_t count) {
  return {.kind = kind, .label = name, .name = name, .count = count};
}

inline NoiseResult noise_result() {
  NoiseResult result;
  result.threshold = Nanoseconds(500);
  result.clock.source = ClockSource::tsc;
  result.spin_time = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  result.timer_time = result.spin_time + std::chrono::seconds(10);
  return result;
}

}  // namespace busmark::testing
