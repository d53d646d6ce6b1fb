// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/observer.hpp"

namespace busmark {

/// What a scenario may have besides messages: a room of this folder, and a row of all.cpp.
struct Aspect {
  std::string_view name;
  /// Watches one repetition of the plan, which must outlive it; null where it has nothing to do.
  std::unique_ptr<Observer> (*observe)(const RepetitionPlan& plan);
};

/// In the order in which their observers are asked.
[[nodiscard]] std::span<const Aspect> all_aspects() noexcept;

}  // namespace busmark
