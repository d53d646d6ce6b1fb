// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/observer.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// What a scenario may have besides messages: a room of this folder, and a row of all.cpp. What it
/// does not do is null.
struct Aspect {
  std::string_view name;
  /// Watches one repetition of the plan, which must outlive it; null where it has nothing to do.
  std::unique_ptr<Observer> (*observe)(const RepetitionPlan& plan) = nullptr;
  /// Why the transport cannot serve what the scenario asks of this aspect, as one sentence with the
  /// cure; empty where it can.
  std::optional<std::string> (*misfit)(const TransportInfo& transport,
                                       const Scenario& scenario) = nullptr;
  /// The same of a run that is shared among agents.
  std::optional<std::string> (*unshared)(const Scenario& scenario) = nullptr;
};

/// In the order in which their observers are asked.
[[nodiscard]] std::span<const Aspect> all_aspects() noexcept;

}  // namespace busmark
