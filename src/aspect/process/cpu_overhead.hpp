// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "record/repetition.hpp"
#include "stat/statistics.hpp"

namespace busmark {

/// What a transport adds to the processor time of a message: of each repetition and direct calls
/// beside it the difference, and of these the median.
struct CpuOverhead {
  std::uint64_t repetitions = 0;
  double transport_ns = 0;  ///< Median, as the next.
  double direct_ns = 0;
  MedianEstimate added_ns;
  MedianEstimate share;  ///< Of the direct call: 0.1 is ten per cent more.
};

/// Of the repetitions `used`; empty where any of them has no such figures. Pure.
[[nodiscard]] std::optional<CpuOverhead> summarise_cpu(const ScenarioResult& result,
                                                       const std::vector<std::uint32_t>& used);

}  // namespace busmark
