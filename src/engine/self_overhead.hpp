// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/base/clock.hpp"

namespace busmark {

/// What the instrument itself costs on this machine, in nanoseconds: medians, measured at start on
/// the calling thread with warm caches, so the least that a run can pay. The loops are those of the
/// engine, driven over endpoints that hand over nothing.
struct SelfOverhead {
  double clock_read = 0;          ///< Clock::now.
  double ordered_clock_read = 0;  ///< Clock::now_after_loads.
  double pacing_step = 0;         ///< Next due time and one look whether it has come.
  double record = 0;              ///< One histogram record.
  double audit_step = 0;          ///< One sequence number.
  double null_publish = 0;        ///< Producer's open loop per message, pacing statistics included.
  double null_receive = 0;        ///< Consumer's loop per message: stamp, audit, two records.
  double idle_turn = 0;           ///< One turn of the consumer's loop that finds nothing.

  /// The engine's share of one message on both sides together.
  [[nodiscard]] double null_message() const noexcept { return null_publish + null_receive; }
};

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
