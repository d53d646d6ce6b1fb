// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stat/estimate.hpp"

namespace busmark {

/// One stretch of time: how many samples and their mean.
struct BatchMean {
  double count = 0;
  double mean = 0;
};

/// Fewest repetitions that bound a figure of which each has one value.
inline constexpr std::size_t kFewestForMean = 3;

/// Mean of independent positive values by Student's t of their logarithms; empty with fewer than
/// kFewestForMean of them, or where one is not positive.
[[nodiscard]] std::optional<RealInterval> mean_interval(std::span<const double> values);

/// Mean of all samples of some repetitions, each cut into equal stretches of time (batch means).
/// Neighbouring stretches are joined to ten a repetition, for what is near in time is alike. Within
/// repetitions and, of kFewestForMean or more, between them the mean varies so and so much: the
/// larger counts. Empty where neither is known. Source: Law, Simulation Modeling and Analysis, 9.5.
[[nodiscard]] std::optional<RealInterval> mean_interval(
    std::span<const std::vector<BatchMean>> repetitions);

}  // namespace busmark
