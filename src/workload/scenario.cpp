// SPDX-License-Identifier: Apache-2.0
#include "busmark/workload/scenario.hpp"

namespace busmark {

std::string_view to_string(Arrivals arrivals) noexcept {
  return arrivals == Arrivals::constant ? "constant" : "poisson";
}

std::string_view to_string(Layout layout) noexcept {
  switch (layout) {
    case Layout::automatic: return "auto";
    case Layout::floating: return "floating";
    case Layout::with_producer: return "with-producer";
    case Layout::with_consumer: return "with-consumer";
  }
  return "unknown";
}

std::string to_string(const Load& load) { return load.rate ? format_rate(*load.rate) : "max"; }

}  // namespace busmark
