// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include "verb/soak/tell.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

Json bytes(const std::optional<ByteCount>& size) {
  return size ? Json(size->bytes) : Json(nullptr);
}
Json count(const std::optional<std::uint64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}
Json duration(const std::optional<Nanoseconds>& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json to_json(const SoakSample& sample) {
  const MemoryUsage& memory = sample.memory;
  return {{"start_ns", sample.start.count()},
          {"length_ns", sample.length.count()},
          {"rss", bytes(memory.rss)},
          {"pss", bytes(memory.pss)},
          {"vms", bytes(memory.vms)},
          {"committed", bytes(memory.committed)},
          {"open_files", count(memory.open_files)},
          {"threads", count(memory.threads)},
          {"received", sample.received},
          {"p50_ns", duration(sample.p50)},
          {"p95_ns", duration(sample.p95)},
          {"p99_ns", duration(sample.p99)}};
}

Json to_json(const std::optional<SlopeEstimate>& slope) {
  if (!slope) return nullptr;
  return {{"slope", json_number(slope->slope)},
          {"low", json_number(slope->low)},
          {"high", json_number(slope->high)},
          {"points", slope->points},
          {"stretch", json_number(slope->stretch)}};
}

Json to_json(const std::optional<SoakCourse>& course) {
  if (!course) return nullptr;
  return {{"initial", course->initial},
          {"final", course->final},
          {"peak", course->peak},
          {"growth", course->final - course->initial},
          {"per_hour", to_json(course->per_hour)}};
}

Json to_json(const std::optional<SoakDrift>& drift) {
  if (!drift) return nullptr;
  return {{"median", json_number(drift->median)}, {"share_per_hour", to_json(drift->per_hour)}};
}

Json to_json(const BudgetVerdict& budget) {
  return {{"text", budget.text()},
          {"verdict", to_string(budget.verdict)},
          {"value", json_number(budget.value)},
          {"reason", json_text(budget.reason)}};
}

Json to_json(const MessageCounts& counts, std::uint64_t too_late) {
  return {{"published", counts.published}, {"received", counts.received},
          {"dropped", counts.dropped},     {"refused", counts.refused},
          {"lost", counts.lost},           {"duplicated", counts.duplicated},
          {"reordered", counts.reordered}, {"corrupt", counts.corrupt},
          {"too_late_for_audit", too_late}};
}

Json to_json(const SoakedScenario& scenario) {
  const SoakAnalysis& analysis = scenario.analysis;
  Json budgets = Json::array();
  for (const BudgetVerdict& budget : scenario.scenario.budgets) budgets.push_back(to_json(budget));
  Json samples = Json::array();
  for (const SoakSample& sample : scenario.samples) samples.push_back(to_json(sample));
  return {{"name", scenario.name},
          {"transport", scenario.transport},
          {"verdict", to_string(scenario.verdict)},
          {"interrupted", scenario.interrupted},
          {"memory",
           {{"class", to_string(analysis.memory)},
            {"judged_by", "rss"},
            {"rss", to_json(analysis.rss)},
            {"pss", to_json(analysis.pss)},
            {"vms", to_json(analysis.vms)},
            {"committed", to_json(analysis.committed)},
            {"would_tell_ns", duration(analysis.would_tell())}}},
          {"open_files", to_json(analysis.open_files)},
          {"threads", to_json(analysis.threads)},
          {"drift",
           {{"p50_ns", to_json(analysis.p50)},
            {"p95_ns", to_json(analysis.p95)},
            {"p99_ns", to_json(analysis.p99)},
            {"rate", to_json(analysis.rate)}}},
          {"start_up_intervals", analysis.start_up},
          {"counted_intervals", analysis.counted},
          {"counts", to_json(scenario.counts, scenario.too_late)},
          {"audit_reach", scenario.audit_reach},
          {"scenario_verdict", to_string(scenario.scenario.verdict)},
          {"reasons", scenario.scenario.reasons},
          {"budgets", std::move(budgets)},
          {"samples", std::move(samples)}};
}

}  // namespace

std::string write_soak_json(const SoakSession& session) {
  Json scenarios = Json::array();
  for (const SoakedScenario& scenario : session.scenarios) scenarios.push_back(to_json(scenario));
  const Json json = {{"schema", "busmark.soak/1"},
                     {"config", session.config},
                     {"started_at", session.started_at},
                     {"machine", session.machine},
                     {"version", session.version},
                     {"allocator", session.allocator},
                     {"duration_ns", session.duration.count()},
                     {"interval_ns", session.interval.count()},
                     {"normal_below_per_hour", kNormalBelow},
                     {"leak_above_per_hour", kLeakAbove},
                     {"interrupted", session.interrupted},
                     {"scenarios", std::move(scenarios)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
