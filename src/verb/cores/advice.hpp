// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "machine/topology.hpp"
#include "verb/cores/measure.hpp"

namespace busmark {

/// The cores for one scenario, and why these.
struct CoreAdvice {
  std::vector<CpuId> cores;  ///< Ascending.
  std::vector<std::string> reasons;
};

/// The `count` best of the matrix's cores. Compared in this order: no two on one physical core, the
/// class of the farthest pair, isolated cores, fast cores, cpu 0's physical core last, the sum of
/// all measured times, low numbers. Every set is tried where there are few; else the best of those
/// that grow from one core by the best next one. A pair that was not measured counts as the
/// farthest.
/// Throws std::invalid_argument when the matrix has fewer cores. Pure.
[[nodiscard]] CoreAdvice suggest_cores(const Topology& topology, const CoreMatrix& matrix,
                                       std::size_t count);

}  // namespace busmark
