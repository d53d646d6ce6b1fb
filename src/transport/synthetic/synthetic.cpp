// SPDX-License-Identifier: Apache-2.0
#include "transport/synthetic/synthetic.hpp"

#include <cmath>

namespace busmark {

SyntheticProgram server_program(const SyntheticOptions& options, const Clock& clock,
                                std::uint64_t seed) {
  using Shape = DelayProgram::Shape;
  constexpr std::uint64_t kOwnStream = 0x5851f42d4c957f2dULL;
  SyntheticProgram program{.clock = clock};
  program.one_server = true;
  program.latency_factor = options.latency_factor;
  program.delay.low = options.service;
  program.delay.seed = seed ^ kOwnStream;
  if (options.shape == ServiceShape::exponential) {
    program.delay.shape = Shape::exponential;
  } else if (options.shape == ServiceShape::log_normal) {
    // The mean of a log-normal is its median times exp(sigma^2 / 2).
    const double median =
        static_cast<double>(options.service.count()) * std::exp(-options.sigma * options.sigma / 2);
    program.delay.shape = Shape::log_normal;
    program.delay.low = Nanoseconds(std::llround(median));
    program.delay.high = std::chrono::hours(1);
    program.delay.spread = options.sigma;
  }
  return program;
}

}  // namespace busmark
