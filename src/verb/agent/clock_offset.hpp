// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "busmark/base/units.hpp"

namespace busmark {

/// One question and its answer, each time on the clock of its own side.
struct ClockExchange {
  Nanoseconds asked{};     ///< Here.
  Nanoseconds answered{};  ///< There.
  Nanoseconds heard{};     ///< Here.
};

/// Their clock minus ours. The truth lies within `bound` of `offset` whatever the network did, as
/// the answer was given between question and receipt: half a round trip, no statistics.
struct ClockOffset {
  Nanoseconds offset{};
  Nanoseconds bound = Nanoseconds::max();

  [[nodiscard]] bool known() const noexcept { return bound != Nanoseconds::max(); }
};

/// From the exchange with the shortest round trip (as NTP's clock filter, RFC 5905, section 10).
[[nodiscard]] inline ClockOffset estimate_offset(std::span<const ClockExchange> exchanges) {
  ClockOffset best;
  for (const ClockExchange& one : exchanges) {
    // Rounded up: a bound may not be too small.
    const Nanoseconds bound((one.heard - one.asked).count() / 2 + 1);
    if (bound >= best.bound) continue;
    best = {.offset = one.answered - one.asked - (one.heard - one.asked) / 2, .bound = bound};
  }
  return best;
}

}  // namespace busmark
