// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/repetition.hpp"

namespace busmark {

struct RepetitionPlan;
struct RepetitionResult;

/// Processor time of one call of the consumer's work, which nothing brings: repeated on a thread of
/// its own, on the core of the first consumer, for direct_call_time(). In a pipeline it is the work
/// of all stages. Throws SetupError when the core cannot be had.
[[nodiscard]] double direct_call_ns(const RepetitionPlan& plan);

/// Puts both into a result whose threads were measured; adds what libraries' threads and a server
/// of our own used. Nothing where no message came, or a server does not tell.
void compare_with_direct_call(RepetitionResult& result, double direct_ns);

}  // namespace busmark
