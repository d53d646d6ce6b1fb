// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/observer.hpp"
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

/// Measures both around the repetition where a budget asks for it; null where none does. By turns
/// before and after, so that a steady drift of the machine favours neither.
[[nodiscard]] std::unique_ptr<Observer> observe_direct_call(const RepetitionPlan& plan);

}  // namespace busmark
