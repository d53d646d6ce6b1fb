// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/core/clock.hpp"

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

}  // namespace busmark
