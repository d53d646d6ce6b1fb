// SPDX-License-Identifier: Apache-2.0
#include "busmark/workload/scenario.hpp"

namespace busmark {

std::string_view to_string(Arrivals arrivals) noexcept {
  return arrivals == Arrivals::constant ? "constant" : "poisson";
}

std::string to_string(const Load& load) { return load.rate ? format_rate(*load.rate) : "max"; }

}  // namespace busmark
