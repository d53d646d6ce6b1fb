// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "busmark/histogram/interval_recorder.hpp"

namespace busmark {

/// What one receiver keeps of the messages of the warm-up, for the rule that ends it.
struct WarmupSamples {
  IntervalRecorder<> response;
  /// Not inlined: it stands in the hot loops, on a path that the measured window never takes.
  void note(std::int64_t nanoseconds) noexcept;
};

}  // namespace busmark
