// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "busmark/base/units.hpp"

#include "engine/books/interval_collector.hpp"

namespace busmark {

/// Fewest samples of which a p95 can be told.
inline constexpr std::uint64_t kRecoverySamples = 20;

/// When all was well again: the start of the first interval from `over` on of which at most one
/// message in ten took longer than `p95`. Empty when none was. Times from the start of the measured
/// window.
[[nodiscard]] std::optional<Nanoseconds> find_recovery(const std::vector<IntervalResult>& intervals,
                                                       Nanoseconds over, Nanoseconds p95);

}  // namespace busmark
