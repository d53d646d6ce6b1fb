// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

namespace busmark {

enum class ServiceShape : std::uint8_t { constant, exponential, log_normal };
/// As in a config: `log-normal`.
[[nodiscard]] constexpr std::string_view to_string(ServiceShape shape) noexcept {
  switch (shape) {
    case ServiceShape::constant: return "constant";
    case ServiceShape::exponential: return "exponential";
    case ServiceShape::log_normal: return "log-normal";
  }
  return "unknown";
}

/// The table `[transport.synthetic]`: one server that works on one message after the other.
struct SyntheticOptions {
  Nanoseconds service = std::chrono::microseconds(5);  ///< Mean; its inverse is the capacity.
  ServiceShape shape = ServiceShape::log_normal;
  double sigma = 0.5;         ///< Of the logarithm; of ServiceShape::log_normal alone.
  double latency_factor = 1;  ///< Stretches the time from arrival to departure, and no capacity.
  ByteCount leak_per_hour{};  ///< Memory that is lost on purpose.
};

/// `one server, log-normal service of 5us, sigma 0.5`: what a result keeps of it.
[[nodiscard]] std::string describe(const SyntheticOptions& options);

}  // namespace busmark
