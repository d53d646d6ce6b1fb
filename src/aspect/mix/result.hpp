// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "busmark/histogram/histogram.hpp"

#include "engine/observer.hpp"
#include "record/repetition.hpp"

namespace busmark {

/// Fills `classes` of the result. Pure; nothing without a mix.
void assemble_classes(const RepetitionPlan& plan, const RawRepetition& raw,
                      RepetitionResult& result);

/// Does so when the repetition is over; null without a mix.
[[nodiscard]] std::unique_ptr<Observer> observe_classes(const RepetitionPlan& plan);

}  // namespace busmark
