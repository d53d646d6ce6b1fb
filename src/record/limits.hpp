// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "busmark/base/units.hpp"

namespace busmark {

// Limits that several keys share.

/// Of a measured time and of a stage.
inline constexpr Nanoseconds kShortest = std::chrono::milliseconds(1);
/// Of any time that a config gives.
inline constexpr Nanoseconds kLongest = std::chrono::hours(24);
/// Of an interval that busmark chooses.
inline constexpr Nanoseconds kShortestInterval = std::chrono::milliseconds(10);
/// Of the time that a spinning thread should have its core; below it other work ran there.
inline constexpr double kLeastCoreShare = 0.97;
/// Share of its messages that an open loop may send late or not at all and still count as one of
/// its rate. That concerns the load alone: its percentiles are of all that was due, with no
/// tolerance.
inline constexpr double kRateTolerance = 0.01;
/// Messages that are due in a window of which a rate is told: fewer are no rate.
inline constexpr double kFewestForRate = 5;
/// Messages per second.
inline constexpr double kHighestRate = 1e9;

}  // namespace busmark
