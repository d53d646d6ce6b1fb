// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/observer.hpp"

namespace busmark {

/// Lets the measured window begin when the warm-up is steady; null where it has a fixed length.
[[nodiscard]] std::unique_ptr<Observer> observe_warmup(const RepetitionPlan& plan);

}  // namespace busmark
