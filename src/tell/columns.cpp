// SPDX-License-Identifier: Apache-2.0
#include "tell/columns.hpp"

#include <array>

#include <fmt/format.h>

#include "aspect/stages/tell.hpp"
#include "base/table.hpp"
#include "record/percentiles.hpp"
#include "record/shown.hpp"

namespace busmark {
namespace {

std::string max_cell(const StoredScenario& scenario) {
  const LatencySummary& latency = scenario.response;
  return latency.count == 0 ? std::string(kWithheld) : format_duration(latency.max);
}

/// Half the width of the interval of p95, as a share of its value.
std::string ci95_cell(const StoredScenario& scenario) {
  const PercentileEstimate* p95 = scenario.response.find(kP95);
  const bool bounded = p95 != nullptr && p95->supported && p95->known && p95->value.count() > 0 &&
                       p95->interval.high != kNever;
  if (!bounded) return std::string(kWithheld);
  const auto width = static_cast<double>((p95->interval.high - p95->interval.low).count());
  const double percent = 50 * width / static_cast<double>(p95->value.count());
  return percent < 10 ? fmt::format("{:.2g}%", percent) : fmt::format("{:.0f}%", percent);
}

std::string rate_cell(const StoredScenario& scenario) {
  return scenario.repetitions.empty() ? std::string(kWithheld)
                                      : format_rate({scenario.rate.achieved});
}

std::string lost_cell(const StoredScenario& scenario) {
  return scenario.repetitions.empty() ? std::string(kWithheld)
                                      : fmt::format("{}", scenario.all_counts().lost);
}

constexpr std::array kColumns{
    ScenarioColumn{
        "scenario", ScenarioColumn::Kind::name, {}, [](const auto& one) { return one.name; }},
    ScenarioColumn{"load", ScenarioColumn::Kind::figure, {}, load_cell},
    ScenarioColumn{"p50", ScenarioColumn::Kind::percentile, kP50},
    ScenarioColumn{"p95", ScenarioColumn::Kind::percentile, kP95},
    ScenarioColumn{"ci95", ScenarioColumn::Kind::figure, {}, ci95_cell},
    ScenarioColumn{"p99", ScenarioColumn::Kind::percentile, kP99},
    ScenarioColumn{"p99.9", ScenarioColumn::Kind::percentile, kP999},
    ScenarioColumn{"max",
                   ScenarioColumn::Kind::figure,
                   {},
                   max_cell,
                   [](const auto& floor) { return floor.max; }},
    ScenarioColumn{"rate", ScenarioColumn::Kind::figure, {}, rate_cell},
    ScenarioColumn{"lost", ScenarioColumn::Kind::figure, {}, lost_cell},
    ScenarioColumn{"verdict",
                   ScenarioColumn::Kind::verdict,
                   {},
                   [](const auto& one) { return std::string(to_string(one.verdict)); }},
};

}  // namespace

std::span<const ScenarioColumn> scenario_columns() noexcept { return kColumns; }

std::string cell_of(const ScenarioColumn& column, const StoredScenario& scenario) {
  if (column.kind != ScenarioColumn::Kind::percentile) return column.text(scenario);
  const std::optional<Nanoseconds> value = value_of(scenario.response, column.percentile);
  return value ? format_duration(*value) : std::string(kWithheld);
}

std::string marked_cell(const ScenarioColumn& column, const StoredScenario& scenario) {
  const std::string cell = cell_of(column, scenario);
  if (column.kind != ScenarioColumn::Kind::percentile || cell == kWithheld) return cell;
  const FloorPercentile* floor = scenario.floor ? scenario.floor->find(column.percentile) : nullptr;
  return cell + (floor != nullptr && floor->machine ? "*" : "");
}

std::optional<Nanoseconds> floor_of(const ScenarioColumn& column, const FloorSummary& floor) {
  if (column.floor != nullptr) return column.floor(floor);
  const FloorPercentile* one =
      column.kind == ScenarioColumn::Kind::percentile ? floor.find(column.percentile) : nullptr;
  return one == nullptr ? std::nullopt : std::optional(one->value);
}

}  // namespace busmark
