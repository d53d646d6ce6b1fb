// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

#include "engine/observer.hpp"
#include "record/repetition.hpp"

namespace busmark {

/// Whether the rate rises into stage `index` and falls behind it.
[[nodiscard]] bool is_raised(const std::vector<double>& rates, std::size_t index, double load);

/// Fills `stages` and `load_series` of the result. Pure; nothing without stages.
void assemble_stages(const RepetitionPlan& plan, const RawRepetition& raw,
                     RepetitionResult& result);

/// Does so when the repetition is over; null without stages.
[[nodiscard]] std::unique_ptr<Observer> observe_stages(const RepetitionPlan& plan);

}  // namespace busmark
