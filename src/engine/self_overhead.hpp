// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/base/clock.hpp"

#include "record/machine.hpp"

namespace busmark {

/// Takes about 10 ms.
[[nodiscard]] SelfOverhead measure_self_overhead(const Clock& clock);

/// What lies between a message's stamp and its transport: from the producer's last look at the
/// clock to one that a publisher takes first of all, in nanoseconds. Half of each look is in it.
/// Service time carries it.
struct HandoverCost {
  double warm = 0;  ///< Median of messages that are all due at once.
  double cold = 0;  ///< Median of messages that each come after a wait of 500 us.
  /// Largest median of some stretches of these: what a median of others like them may be.
  double cold_most = 0;
};

/// Through the engine's own sender, by looks at the clock that are not the engine's: a stamp that
/// is wrong changes nothing here. Takes about 0.15 s.
[[nodiscard]] HandoverCost measure_handover(const Clock& clock);

}  // namespace busmark
