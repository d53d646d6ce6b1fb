// SPDX-License-Identifier: Apache-2.0
#include "tell/change_text.hpp"

#include <cmath>

#include <fmt/format.h>

namespace busmark {

std::string value_text(const MeasureChange& change, double value) {
  if (change.unit == MeasureUnit::messages_per_second) return format_rate({value});
  if (change.unit == MeasureUnit::share) return fmt::format("{:.1f} %", value * 100);
  return format_duration(Nanoseconds(std::llround(value)));
}

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:+.1f}", share * 100) : "any";
}

}  // namespace busmark
