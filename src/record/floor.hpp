// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

namespace busmark {

/// What a core did to a thread that gives way to every other one while a repetition was measured
/// elsewhere, or just before and after it.
struct FloorGaps {
  Nanoseconds watched{};
  Nanoseconds lost{};      ///< Of that the thread did not run ...
  Nanoseconds switched{};  ///< ... and of that another thread had the core.
  /// What threads of this process that may run there have run, there or elsewhere: at most so much
  /// of `switched` is busmark's own.
  Nanoseconds own{};
  std::uint64_t gaps = 0;

  FloorGaps& operator+=(const FloorGaps& other) noexcept {
    watched += other.watched;
    lost += other.lost;
    switched += other.switched;
    own += other.own;
    gaps += other.gaps;
    return *this;
  }
  /// Of the time that was watched, in [0, 1].
  [[nodiscard]] double share(Nanoseconds part) const noexcept {
    if (watched.count() <= 0) return 0;
    return std::clamp(static_cast<double>(part.count()) / static_cast<double>(watched.count()), 0.0,
                      1.0);
  }
  /// What is lost for another reason than busmark's own threads, at least.
  [[nodiscard]] Nanoseconds foreign() const noexcept { return lost - std::min(own, switched); }
};

/// The core that may be watched while others are measured, or why there is none.
struct FreeCore {
  std::optional<CpuId> cpu{};
  std::string reason{};  ///< A clause; empty with a core.
};

/// The floor of a core that nothing measures.
struct FloorDuring {
  CpuId cpu{};
  FloorGaps during;  ///< In the measured window.
  FloorGaps around;  ///< As long before and after it as the measured cores were probed.
  Nanoseconds longest{};
  DecodedHistogram lengths{Histogram::shape()};  ///< Of the gaps in the measured window.
};

}  // namespace busmark
