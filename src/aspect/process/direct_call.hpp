// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace busmark {

struct RepetitionPlan;
struct RepetitionResult;

/// Processor time of a message over a transport, and of the same work called directly.
struct CpuPerMessage {
  double transport_ns = 0;  ///< Of all measured threads, per message received, warm-up included.
  double direct_ns = 0;
  bool operator==(const CpuPerMessage&) const = default;
};

/// Processor time of one call of the consumer's work, which nothing brings: repeated on a thread of
/// its own, on the core of the first consumer, for direct_call_time(). In a pipeline it is the work
/// of all stages. Throws SetupError when the core cannot be had.
[[nodiscard]] double direct_call_ns(const RepetitionPlan& plan);

/// Puts both into a result whose threads were measured; adds what libraries' threads and a server
/// of our own used. Nothing where no message came, or a server does not tell.
void compare_with_direct_call(RepetitionResult& result, double direct_ns);

}  // namespace busmark
