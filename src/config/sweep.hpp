// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "config/keys.hpp"

namespace busmark {

/// Most scenarios that one config may make, sweeps multiplied out.
inline constexpr std::size_t kMostScenarios = 10'000;

struct Swept {
  Scenario scenario;
  Place at;  ///< Of the transport where the scenario names it, else of the scenario.
  Place batch_at;
  Place subscriptions_at;
  Place users_at;
};

/// Checks every key and value of a table against the keys of a scenario.
[[nodiscard]] Layer read_layer(const Value::Table& table, const Place& at, Problems& problems);

/// Lays `layers` over each other, the last one, which is that of the flags, on top, and multiplies
/// the lists out.
[[nodiscard]] std::vector<Swept> sweep(const std::vector<const Layer*>& layers, const Place& at,
                                       Problems& problems);

}  // namespace busmark
