// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "stat/known_process.hpp"

namespace busmark {

/// A process that rules about percentiles are tried on.
struct KnownCase {
  std::string_view name;
  std::function<std::unique_ptr<KnownProcess>(std::uint64_t seed)> make;
};

/// At 100,000 messages a second, of which repetitions take one second.
inline std::vector<KnownCase> known_cases() {
  using std::chrono::microseconds;
  return {
      {"independent", [](auto seed) { return independent_process(microseconds(50), 0.5, seed); }},
      {"M/M/1 0.3", [](auto seed) { return queue_process(0.3, microseconds(3), seed); }},
      {"M/M/1 0.7", [](auto seed) { return queue_process(0.7, microseconds(7), seed); }},
      {"M/M/1 0.9", [](auto seed) { return queue_process(0.9, microseconds(9), seed); }},
      {"AR(1) 0.99",
       [](auto seed) { return correlated_process(microseconds(50), 0.5, 0.99, seed); }},
      {"AR(1) 0.999",
       [](auto seed) { return correlated_process(microseconds(50), 0.5, 0.999, seed); }},
      {"two levels",
       [](auto seed) {
         return two_level_process({.low = microseconds(50), .high = microseconds(80)}, seed);
       }},
      {"stalls 1 ms", [](auto seed) { return stall_process({}, seed); }},
      {"stalls 0.2 ms", [](auto seed) { return stall_process({.mean = microseconds(200)}, seed); }},
  };
}

}  // namespace busmark
