// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "busmark/base/units.hpp"

namespace busmark {

/// The end of a wait while things are set up. Measured threads wait by the engine's clock.
using Deadline = std::chrono::steady_clock::time_point;
[[nodiscard]] inline Deadline deadline_in(Nanoseconds time) noexcept {
  return std::chrono::steady_clock::now() + time;
}

/// Waits until one of `events` (POLLIN, POLLOUT) is there, or the deadline; false when that came
/// first.
[[nodiscard]] bool wait_until_ready(int file, short events, Deadline deadline) noexcept;

}  // namespace busmark
