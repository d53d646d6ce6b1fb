// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include "verb/search/tell.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(TrialVerdict verdict) {
  switch (verdict) {
    case TrialVerdict::holds: return "holds";
    case TrialVerdict::misses: return "misses";
    case TrialVerdict::unclear: break;
  }
  return "unclear";
}

Json to_json(const RateTrial& trial) {
  Json goals = Json::array();
  for (const TrialVerdict goal : trial.goals) goals.push_back(name_of(goal));
  return {{"verdict", name_of(trial.verdict)},
          {"full", trial.full},
          {"goals", std::move(goals)},
          {"reason", json_text(trial.reason)},
          {"limit", to_string(trial.limit)},
          {"missed_share", json_number(trial.missed_share)},
          {"p50_ns", trial.p50.count()},
          {"p95_ns", trial.p95.count()},
          {"p99_ns", trial.p99.count()},
          {"lost", trial.lost},
          {"received_rate", json_number(trial.received_rate)},
          {"backlog", json_number(trial.backlog)},
          {"cpu_cores", json_number(trial.cpu)}};
}

Json to_json(const RateStep& step) {
  Json trials = Json::array();
  for (const RateTrial& trial : step.trials) trials.push_back(to_json(trial));
  Json json = to_json(step.median());
  json.erase("full");
  json.erase("goals");
  json["rate"] = step.rate;
  json["label"] = to_string(step.label());
  json["trials"] = std::move(trials);
  return json;
}

Json to_json(const GoalBounds& bounds) {
  return {{"lower_bound", json_number(bounds.lower)},
          {"upper_bound", json_number(bounds.upper)},
          {"conditional_throughput", json_number(bounds.throughput)}};
}

Json goals_of(const SearchedScenario& scenario) {
  Json goals = Json::array();
  for (std::size_t i = 0; i < scenario.result.goals.size() && i < scenario.budget.size(); ++i) {
    Json goal{{"budget", scenario.budget[i]}};
    goal.update(to_json(scenario.result.goals[i]));
    goals.push_back(std::move(goal));
  }
  return goals;
}

Json to_json(const SearchedScenario& scenario) {
  const RateSearchResult& result = scenario.result;
  Json curve = Json::array();
  for (const RateStep& step : result.steps) curve.push_back(to_json(step));
  return {{"name", scenario.name},
          {"transport", scenario.transport},
          {"budget", scenario.budget},
          {"complete", result.complete},
          {"sustainable_rate", json_number(result.sustainable)},
          {"confirmed", result.confirmed},
          {"bounds", to_json(result.bounds)},
          {"goals", goals_of(scenario)},
          {"recommended_rate", json_number(result.recommended())},
          {"first_missed_rate", json_number(result.first_miss)},
          {"unclear", result.unclear},
          {"limit", to_string(result.limit)},
          {"reason", json_text(result.reason)},
          {"cliff", result.growth ? Json(result.cliff) : Json(nullptr)},
          {"p95_growth", json_number(result.growth)},
          {"p95_growth_at", json_number(result.beyond)},
          {"rules",
           {{"lowest", scenario.rules.lowest},
            {"highest", scenario.rules.highest},
            {"precision", scenario.rules.precision},
            {"share_that_holds", HoldCurve::kShare},
            {"confirming_trials", scenario.rules.fewest_holds},
            {"most_trials", scenario.rules.most_trials}}},
          {"curve", std::move(curve)}};
}

}  // namespace

std::string write_search_json(const SearchSession& session) {
  Json scenarios = Json::array();
  for (const SearchedScenario& scenario : session.scenarios) scenarios.push_back(to_json(scenario));
  const Json json = {{"schema", "busmark.search/1"},       {"config", session.config},
                     {"started_at", session.started_at},   {"machine", session.machine},
                     {"version", session.version},         {"trial_ns", session.trial.count()},
                     {"interrupted", session.interrupted}, {"scenarios", std::move(scenarios)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
