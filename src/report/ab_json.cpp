// SPDX-License-Identifier: Apache-2.0
#include "busmark/report/ab_json.hpp"

#include <nlohmann/json.hpp>

#include "json_values.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const MeasureChange& change) {
  return {{"measure", change.measure},
          {"unit", change.unit == MeasureUnit::nanoseconds ? "ns" : "messages/s"},
          {"verdict", to_string(change.change)},
          {"reason", json_text(change.reason)},
          {"a", json_number(change.old_value)},
          {"b", json_number(change.new_value)},
          {"effect", json_number(change.effect)},
          {"low", json_number(change.low)},
          {"high", json_number(change.high)},
          {"noise", json_number(change.noise)},
          {"p_value", json_number(change.p_value)},
          {"rounds", change.rounds.value_or(0)},
          {"rounds_needed",
           change.repetitions_needed ? Json(*change.repetitions_needed) : Json(nullptr)}};
}

/// The figures of each arm, round by round.
Json blocks(const AbScenario& scenario) {
  const std::vector<std::string> names = measure_names();
  Json arms = Json::object();
  for (const auto& [key, arm] :
       {std::pair{"a", AbArm::a}, {"b", AbArm::b}, {"again", AbArm::again}}) {
    Json values = Json::object();
    for (std::size_t i = 0; i < names.size(); ++i) {
      Json column = Json::array();
      for (const auto& round : scenario.rounds) {
        const AbBlock& block = round[static_cast<std::size_t>(arm)];
        column.push_back(i < block.values.size() ? json_number(block.values[i]) : Json(nullptr));
      }
      values[names[i]] = std::move(column);
    }
    Json disturbed = Json::array();
    Json invalid = Json::array();
    for (const auto& round : scenario.rounds) {
      const AbBlock& block = round[static_cast<std::size_t>(arm)];
      disturbed.push_back(!block.disturbance.empty());
      invalid.push_back(!block.invalid.empty());
    }
    values["disturbed"] = std::move(disturbed);
    values["invalid"] = std::move(invalid);
    arms[key] = std::move(values);
  }
  return arms;
}

}  // namespace

std::string write_ab_json(const AbSession& session, const RunComparison& comparison) {
  Json scenarios = Json::array();
  for (std::size_t i = 0; i < comparison.scenarios.size(); ++i) {
    const ScenarioChange& change = comparison.scenarios[i];
    Json measures = Json::array();
    for (const MeasureChange& measure : change.measures) measures.push_back(to_json(measure));
    scenarios.push_back(
        {{"name", change.name},
         {"not_compared", change.not_compared.empty() ? Json(nullptr) : Json(change.not_compared)},
         {"notes", change.notes},
         {"measures", std::move(measures)},
         {"blocks", blocks(session.scenarios[i])}});
  }
  const Json json = {{"schema", "busmark.ab/1"},
                     {"config", session.config},
                     {"started_at", session.started_at},
                     {"interrupted", session.interrupted},
                     {"a", session.a},
                     {"b", session.b},
                     {"threshold", comparison.options.threshold},
                     {"planned_rounds", session.planned_rounds},
                     {"block_ns", session.block.count()},
                     {"differences", session.differences},
                     {"scenarios", std::move(scenarios)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
