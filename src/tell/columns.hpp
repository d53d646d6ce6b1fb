// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

#include "record/run.hpp"

namespace busmark {

/// A column of the table of scenarios that text, Markdown and HTML show.
struct ScenarioColumn {
  /// What a form may set off.
  enum class Kind : std::uint8_t { name, figure, percentile, verdict };

  std::string_view title;
  Kind kind = Kind::figure;
  Percentile percentile{};                               ///< Of Kind::percentile.
  std::string (*text)(const StoredScenario&) = nullptr;  ///< Of all other kinds.
  Nanoseconds (*floor)(const FloorSummary&) = nullptr;   ///< Of a figure that a floor has, too.

  /// Set to the left.
  [[nodiscard]] constexpr bool words() const noexcept {
    return kind == Kind::name || kind == Kind::verdict;
  }
};

/// In the order of the table.
[[nodiscard]] std::span<const ScenarioColumn> scenario_columns() noexcept;

/// Plain text; `-` where nothing is known.
[[nodiscard]] std::string cell_of(const ScenarioColumn& column, const StoredScenario& scenario);
/// The same, with a `*` where a percentile cannot be told from the machine's own floor.
[[nodiscard]] std::string marked_cell(const ScenarioColumn& column, const StoredScenario& scenario);
/// What the machine alone shows in a column; empty where it shows nothing.
[[nodiscard]] std::optional<Nanoseconds> floor_of(const ScenarioColumn& column,
                                                  const FloorSummary& floor);

}  // namespace busmark
