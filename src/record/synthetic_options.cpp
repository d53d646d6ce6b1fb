// SPDX-License-Identifier: Apache-2.0
#include "record/synthetic_options.hpp"

#include <fmt/format.h>

namespace busmark {

std::string describe(const SyntheticOptions& options) {
  std::string text = fmt::format("one server, {} service of {}", to_string(options.shape),
                                 format_duration(options.service));
  if (options.shape == ServiceShape::log_normal) text += fmt::format(", sigma {}", options.sigma);
  if (options.latency_factor != 1) text += fmt::format(", latency x {}", options.latency_factor);
  if (options.leak_per_hour.bytes != 0) {
    text += fmt::format(", leaking {} per hour", format_size(options.leak_per_hour));
  }
  return text;
}

}  // namespace busmark
