// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include "verb/profile/tell.hpp"

namespace busmark {
namespace {

using ProfileJson = nlohmann::ordered_json;

ProfileJson figure_json(const std::optional<CounterFigure>& figure) {
  if (!figure) return nullptr;
  return {{"median", json_number(figure->median)},
          {"least", json_number(figure->least)},
          {"most", json_number(figure->most)}};
}

ProfileJson counters_json(const CounterSummary& counters) {
  ProfileJson json{{"repetitions", counters.repetitions},
                   {"messages", counters.messages},
                   {"time_ns", counters.time.count()},
                   {"user_only", counters.user_only}};
  json["events"] = ProfileJson::object();
  for (std::size_t event = 0; event < kPerfEvents; ++event) {
    json["events"][std::string(to_string(static_cast<PerfEvent>(event)))] = {
        {"problem", json_text(counters.problems[event])},
        {"counted_share", json_number(counters.counted[event])}};
  }
  json["roles"] = ProfileJson::array();
  for (const RoleCounters& role : counters.roles) {
    ProfileJson per_message = ProfileJson::object();
    for (std::size_t event = 0; event < kPerfEvents; ++event) {
      per_message[std::string(to_string(static_cast<PerfEvent>(event)))] =
          figure_json(role.per_message[event]);
    }
    json["roles"].push_back({{"role", role.role},
                             {"threads", role.threads},
                             {"per_message", std::move(per_message)},
                             {"instructions_per_cycle", figure_json(role.instructions_per_cycle)},
                             {"on_core_share", figure_json(role.on_core)}});
  }
  return json;
}

ProfileJson samples_json(const StackProfile& profile, const ProfileRecording& recording) {
  ProfileJson json{{"perf", recording.perf},
                   {"event", recording.event},
                   {"frequency", recording.frequency},
                   {"stacks", recording.stacks},
                   {"user_only", recording.user_only},
                   {"inlined", recording.inlined},
                   {"samples", profile.samples},
                   {"outside", profile.outside},
                   {"lost", profile.lost},
                   {"without_stack", profile.without_stack},
                   {"malformed_lines", profile.malformed_lines}};
  json["roles"] = ProfileJson::array();
  for (const RoleProfile& role : profile.roles) {
    ProfileJson rows = ProfileJson::array();
    for (const RoleProfile::Row& row : role.rows) {
      rows.push_back({{"symbol", row.frame.symbol},
                      {"object", json_text(row.frame.object)},
                      {"samples", row.samples},
                      {"share", json_number(row.share)},
                      {"share_low", json_number(row.interval.low)},
                      {"share_high", json_number(row.interval.high)}});
    }
    json["roles"].push_back(
        {{"role", role.role}, {"samples", role.samples}, {"functions", std::move(rows)}});
  }
  return json;
}

/// Named so that nobody takes it for a result.
ProfileJson cost_json(const std::optional<ScenarioSummary>& summary) {
  if (!summary) return nullptr;
  ProfileJson json = ProfileJson::object();
  for (const PercentileEstimate& one : summary->response.percentiles) {
    json["response_" + format_percentile(one.percentile) + "_ns"] =
        json_nanoseconds(one.supported ? std::optional(one.value) : std::nullopt);
  }
  json["achieved_per_second"] = json_number(summary->achieved_rate);
  return json;
}

}  // namespace

std::string write_profile_json(const ProfileReport& report) {
  ProfileJson json;
  json["schema"] = kProfileSchema;
  json["scenario"] = report.scenario.name;
  json["config"] = report.config;
  json["transport"] = report.scenario.transport;
  json["load"] = to_string(report.scenario.load);
  json["wait"] = to_string(report.scenario.wait);
  json["started_at"] = report.started_at;
  json["machine"] = report.machine;
  json["version"] = report.version;
  json["optimised"] = report.optimised;
  json["interrupted"] = report.interrupted;
  json["disturbance"] = json_text(report.disturbance);
  json["counters"] = counters_json(report.counters);
  json["profile"] =
      report.profile ? samples_json(*report.profile, report.recording) : ProfileJson(nullptr);
  json["no_profile"] = json_text(report.no_profile);
  json["cost_of_perf"] = {{"without_perf", cost_json(report.without_perf)},
                          {"under_perf", cost_json(report.under_perf)}};
  return json.dump(2, ' ', false, ProfileJson::error_handler_t::replace) + "\n";
}

}  // namespace busmark
