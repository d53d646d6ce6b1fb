// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include "verb/noise/tell.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<NoisePercentile>& percentiles) {
  Json json = Json::object();
  for (const NoisePercentile& each : percentiles) {
    json[format_percentile(each.percentile)] =
        each.supported ? Json(each.value.count()) : Json(nullptr);
  }
  return json;
}

Json to_json(const std::vector<InterruptCount>& interrupts) {
  Json json = Json::array();
  for (const InterruptCount& each : interrupts) {
    json.push_back({{"label", each.label},
                    {"name", each.name},
                    {"kind", to_string(each.kind)},
                    {"count", each.count}});
  }
  return json;
}

Json causes(const CoreNoise& core, const CoreNoiseSummary& summary) {
  return {{"main", to_string(summary.cause)},
          {"lost_share", json_number(summary.lost_share)},
          {"in_place_share", json_number(summary.in_place_share)},
          {"in_place_per_second", json_number(summary.in_place_per_second)},
          {"switched_share", json_number(summary.switched_share)},
          {"switched_per_second", json_number(summary.switched_per_second)},
          {"explained_share", json_number(summary.explained)},
          {"steal_ns", core.stolen ? Json(core.stolen->count()) : Json(nullptr)},
          {"counted_ns", core.counted.count()},
          {"interrupts", to_json(core.interrupts)},
          {"softirqs", to_json(core.softirqs)}};
}

Json gaps_over(const CoreNoiseSummary& summary) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kGapSizes.size(); ++i) {
    json[format_duration(kGapSizes[i])] = json_number(summary.per_second[i]);
  }
  return json;
}

Json longest_gaps(const CoreNoise& core) {
  Json json = Json::array();
  for (const Gap& gap : core.gaps.longest()) {
    json.push_back({{"start_ns", gap.start.count()},
                    {"length_ns", gap.length.count()},
                    {"cause", gap.switched ? "switch" : "in place"}});
  }
  return json;
}

Json episodes(const CoreNoiseSummary& summary) {
  Json json = Json::array();
  for (const NoiseEpisode& episode : summary.episodes) {
    json.push_back({{"start_ns", episode.start.count()},
                    {"length_ns", episode.length.count()},
                    {"lost_share", json_number(episode.lost_share)},
                    {"cause", episode.switched ? "switch" : "in place"}});
  }
  return json;
}

Json to_json(const CoreNoise& core, const CoreNoiseSummary& summary) {
  Json json;
  json["cpu"] = index(core.cpu);
  json["observed_ns"] = core.run.observed.count();
  json["clock_reads"] = core.run.reads;
  json["handling_ns"] = core.run.handling.count();
  json["gaps"] = summary.gaps;
  json["gap_ns"] = to_json(summary.gap);
  json["gap_ns"]["max"] = summary.gaps == 0 ? Json(nullptr) : Json(summary.longest.count());
  json["gaps_over_per_second"] = gaps_over(summary);
  json["wait_ns"] = to_json(summary.wait);
  json["late_ns"] = to_json(summary.lateness);
  const bool slept = core.lateness.total() > 0;
  json["late_ns"]["max"] = slept ? Json(summary.latest.count()) : Json(nullptr);
  json["sleeps"] = core.lateness.total();
  json["causes"] = causes(core, summary);
  json["longest"] = longest_gaps(core);
  json["episodes"] = episodes(summary);
  return json;
}

}  // namespace

std::string write_noise_json(const NoiseSummary& summary) {
  const NoiseResult& result = *summary.result;
  Json json;
  json["schema"] = kNoiseSchema;
  json["interrupted"] = result.interrupted;
  json["duration_ns"] = result.options.duration.count();
  json["timer_duration_ns"] = result.options.timer_duration().count();
  json["timer_period_ns"] = result.options.timer_period.count();
  json["threshold_ns"] = result.threshold.count();
  json["machine"] = {{"cpu_model", json_text(result.environment.cpu_model)},
                     {"kernel", json_text(result.environment.kernel)},
                     {"virtual_machine", result.environment.virtual_machine
                                             ? Json(*result.environment.virtual_machine)
                                             : Json(nullptr)}};
  json["clock"] = {{"source", to_string(result.clock.source)},
                   {"read_cost_ns", json_number(result.clock.ordered_read_cost_ns)},
                   {"resolution_ns", json_number(result.clock.resolution_ns)}};
  json["cores"] = Json::array();
  for (std::size_t i = 0; i < summary.cores.size(); ++i) {
    json["cores"].push_back(to_json(result.cores[i], summary.cores[i]));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
