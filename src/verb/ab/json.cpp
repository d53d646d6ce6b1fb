// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "base/json.hpp"
#include "base/quote.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

const char* unit_of(MeasureUnit unit) {
  switch (unit) {
    case MeasureUnit::nanoseconds: return "ns";
    case MeasureUnit::messages_per_second: return "messages/s";
    case MeasureUnit::share: return "share";
  }
  return "unknown";
}

Json to_json(const MeasureChange& change) {
  return {{"measure", change.measure},
          {"unit", unit_of(change.unit)},
          {"primary", change.primary},
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
           change.repetitions_needed ? Json(*change.repetitions_needed) : Json(nullptr)},
          {"confirmed", change.confirmed ? Json(*change.confirmed) : Json(nullptr)}};
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
    Json undelivered = Json::array();
    for (const auto& round : scenario.rounds) {
      const AbBlock& block = round[static_cast<std::size_t>(arm)];
      disturbed.push_back(!block.disturbance.empty());
      invalid.push_back(!block.invalid.empty());
      undelivered.push_back(json_number(block.undelivered));
    }
    values["disturbed"] = std::move(disturbed);
    values["invalid"] = std::move(invalid);
    values["undelivered"] = std::move(undelivered);
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
  const Json json = {
      {"schema", "busmark.ab/1"},
      {"config", session.config},
      {"started_at", session.started_at},
      {"interrupted", session.interrupted},
      {"a", session.a},
      {"b", session.b},
      {"threshold", comparison.options.threshold},
      {"planned_rounds", session.planned_rounds},
      {"block_ns", session.block.count()},
      {"at_most_ns", session.at_most ? Json(session.at_most->count()) : Json(nullptr)},
      {"decided", session.decided},
      {"looks", session.looks},
      {"look_share", session.look_share},
      {"confirmations", comparison.confirmations},
      {"differences", session.differences},
      {"scenarios", std::move(scenarios)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<AbCall> read_ab_calls(const std::string& text, const std::string& file) {
  std::vector<AbCall> calls;
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != "busmark.ab/1") throw SetupError("it has another schema");
    for (const Json& scenario : json.at("scenarios")) {
      for (const Json& one : scenario.at("measures")) {
        const Json& effect = one.at("effect");
        calls.push_back({.scenario = scenario.at("name"),
                         .measure = one.at("measure"),
                         .verdict = one.at("verdict"),
                         .effect = effect.is_number() ? effect.get<double>() : 0});
      }
    }
  } catch (const std::exception& error) {
    throw SetupError(
        fmt::format("{} is no busmark.ab/1 file: {}", in_quotes(file, 200), error.what()));
  }
  return calls;
}

}  // namespace busmark
