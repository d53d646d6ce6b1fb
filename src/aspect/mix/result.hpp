// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "busmark/histogram/histogram.hpp"

#include "record/repetition.hpp"

namespace busmark {

struct RepetitionPlan;
struct RawRepetition;
struct RepetitionResult;

/// Fills `classes` of the result. Pure; nothing without a mix.
void assemble_classes(const RepetitionPlan& plan, const RawRepetition& raw,
                      RepetitionResult& result);

}  // namespace busmark
