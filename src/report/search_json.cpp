// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "busmark/report/search_report.hpp"

#include "json_values.hpp"

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
  return {{"verdict", name_of(trial.verdict)},
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
  json["rate"] = step.rate;
  json["label"] = to_string(step.label());
  json["trials"] = std::move(trials);
  return json;
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
            {"votes", scenario.rules.votes},
            {"confirming_votes", scenario.rules.confirming_votes},
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
