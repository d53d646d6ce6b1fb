// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "engine/repetition_plan.hpp"

namespace busmark {

/// The cores of all measured threads, each once, in order.
[[nodiscard]] inline std::vector<CpuId> measured_cores(const RepetitionPlan& plan) {
  std::vector<CpuId> cores = plan.producer_cpus;
  cores.insert(cores.end(), plan.consumer_cpus.begin(), plan.consumer_cpus.end());
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

}  // namespace busmark
