// SPDX-License-Identifier: Apache-2.0
#include "busmark/report/result_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace busmark {
namespace {

// Keys keep the order in which they are written: people read this file too.
using Json = nlohmann::ordered_json;

/// A number, or null where JSON has none for it.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

template <typename T>
Json optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Null for what could not be read.
Json known(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json to_json(const LatencySummary& latency) {
  Json json;
  Json intervals = Json::object();
  const bool empty = latency.count == 0;
  json["count"] = latency.count;
  json["min"] = empty ? Json(nullptr) : Json(latency.min.count());
  json["mean"] = empty ? Json(nullptr) : number(latency.mean_ns);
  json["stddev"] = empty ? Json(nullptr) : number(latency.stddev_ns);
  for (const PercentileEstimate& estimate : latency.percentiles) {
    const std::string key = format_percentile(estimate.percentile);
    json[key] = estimate.supported ? Json(estimate.value.count()) : Json(nullptr);
    if (estimate.supported) {
      intervals[key] = {estimate.interval.low.count(), estimate.interval.high.count()};
    }
  }
  json["max"] = empty ? Json(nullptr) : Json(latency.max.count());
  json["overflow"] = latency.overflow;
  json["interval_95"] = std::move(intervals);
  return json;
}

Json to_json(const MessageCounts& counts) {
  return {{"published", counts.published}, {"received", counts.received},
          {"dropped", counts.dropped},     {"refused", counts.refused},
          {"lost", counts.lost},           {"duplicated", counts.duplicated},
          {"reordered", counts.reordered}, {"corrupt", counts.corrupt}};
}

Json to_json(const Witness& witness) {
  return {{"from_cpu", index(witness.from)},
          {"to_cpu", index(witness.to)},
          {"class", to_string(witness.distance())},
          {"one_way_ns", number(witness.one_way_ns)},
          {"clock_offset_ns", number(witness.clock_offset_ns)},
          {"clock_bound_ns", number(witness.clock_bound_ns)}};
}

Json to_json(const ResourceUsage& usage) {
  return {{"user_ns", usage.user.count()},
          {"system_ns", usage.system.count()},
          {"voluntary_switches", usage.voluntary_switches},
          {"involuntary_switches", usage.involuntary_switches},
          {"minor_faults", usage.minor_faults},
          {"major_faults", usage.major_faults},
          {"wall_ns", usage.wall.count()}};
}

/// A whole histogram in a few numbers, for one repetition.
Json to_json(const Histogram& histogram) {
  Json json{{"count", histogram.total()}};
  for (const Percentile percentile : kReportedPercentiles) {
    const bool supported = histogram.total() >= samples_needed(percentile);
    json[format_percentile(percentile)] =
        supported ? Json(std::min(histogram.value_at(percentile), histogram.max())) : Json(nullptr);
  }
  json["max"] = histogram.total() == 0 ? Json(nullptr) : Json(histogram.max());
  json["overflow"] = histogram.overflow();
  return json;
}

Json rates(double intended, double offered, double achieved, double received) {
  return {{"intended", intended > 0 ? number(intended) : Json(nullptr)},
          {"offered", number(offered)},
          {"achieved", number(achieved)},
          {"received", number(received)}};
}

Json to_json(const RepetitionResult& repetition, bool open_loop, bool used) {
  Json json;
  json["used"] = used;
  json["attempt"] = repetition.attempt;
  json["disturbed"] = repetition.disturbed();
  json["disturbance"] = known(repetition.disturbance);
  json["interrupted"] = repetition.interrupted;
  json["elapsed_ns"] = repetition.elapsed.count();
  json["rate"] = rates(repetition.intended_rate, repetition.offered_rate, repetition.achieved_rate,
                       repetition.received_rate);
  json["latency_ns"] = {{"response", to_json(repetition.response)},
                        {"service", to_json(repetition.service)}};
  json["pacing_ns"] = open_loop ? to_json(repetition.pacing.lag) : Json(nullptr);
  json["late"] = repetition.pacing.late;
  json["overdue"] = repetition.pacing.overdue;
  json["unsent"] = repetition.pacing.unsent;
  json["ended_early"] = repetition.ended_early;
  json["warmup_lost"] = repetition.warmup_lost;
  json["clock_backwards"] = repetition.clock_backwards;
  json["worst_backwards_ns"] = -repetition.worst_backwards.count();
  json["counts"] = to_json(repetition.counts);
  json["drain_timed_out"] = repetition.drain_timed_out;
  json["witness"] = {{"before", to_json(repetition.before)}, {"after", to_json(repetition.after)}};
  json["resources"] = {
      {"producers", to_json(repetition.producers)},
      {"consumers", to_json(repetition.consumers)},
      {"core_share", number(repetition.core_share)},
      {"steal_share", repetition.steal_share ? number(*repetition.steal_share) : Json(nullptr)},
      {"frequency_mhz", optional(repetition.frequency_mhz)}};
  return json;
}

Json to_json(const BudgetVerdict& budget) {
  return {{"budget", budget.budget.text},
          {"verdict", to_string(budget.verdict)},
          {"value", budget.value ? number(*budget.value) : Json(nullptr)},
          {"limit", number(budget.budget.limit)},
          {"margin", budget.margin ? number(*budget.margin) : Json(nullptr)},
          {"reason", known(budget.reason)}};
}

Json parameters(const Scenario& scenario) {
  return {{"producers", scenario.producers},
          {"consumers", scenario.consumers},
          {"payload_bytes", scenario.payload.bytes},
          {"load", to_string(scenario.load)},
          {"load_model", scenario.load.open_loop() ? "open loop" : "saturation"},
          {"arrivals", to_string(scenario.arrivals)},
          {"wait", to_string(scenario.wait)},
          {"batch", scenario.batch},
          {"capacity", scenario.capacity},
          {"on_full", to_string(scenario.on_full)},
          {"checksum", scenario.checksum},
          {"oversubscribe", scenario.oversubscribe},
          {"warmup_ns", scenario.warmup.count()},
          {"duration_ns", scenario.duration.count()},
          {"drain_ns", scenario.drain.count()}};
}

Json to_json(const Placement& placement) {
  Json cpus = Json::array();
  for (const CpuId cpu : placement.cpus) cpus.push_back(index(cpu));
  return {{"description", placement.cpus.empty() ? Json(nullptr) : Json(describe(placement))},
          {"cpus", std::move(cpus)},
          {"shared", placement.shared},
          {"degraded_wait", placement.degraded_wait}};
}

Json to_json(const JudgedScenario& judged) {
  const ScenarioResult& result = *judged.result;
  const ScenarioSummary& summary = judged.summary;
  const bool open_loop = result.scenario.load.open_loop();
  Json json;
  json["name"] = result.scenario.name;
  json["transport"] = result.scenario.transport;
  json["parameters"] = parameters(result.scenario);
  json["placement"] = to_json(result.placement);
  json["verdict"] = to_string(judged.verdict.verdict);
  json["reasons"] = judged.verdict.reasons;
  json["budgets"] = Json::array();
  for (const BudgetVerdict& budget : judged.verdict.budgets)
    json["budgets"].push_back(to_json(budget));
  json["latency_ns"] = {
      {"meaning", open_loop ? "response counts from the due time" : "queueing under saturation"},
      {"response", to_json(summary.response)},
      {"service", to_json(summary.service)}};
  json["pacing_ns"] = summary.pacing ? to_json(*summary.pacing) : Json(nullptr);
  json["late"] = summary.late;
  json["overdue"] = summary.overdue;
  json["unsent"] = summary.unsent;
  json["rate"] = rates(summary.intended_rate, summary.offered_rate, summary.achieved_rate,
                       summary.received_rate);
  json["counts"] = to_json(summary.counts);
  json["repetitions"] = Json::array();
  for (std::uint32_t i = 0; i < result.repetitions.size(); ++i) {
    const bool used = std::find(summary.used.begin(), summary.used.end(), i) != summary.used.end();
    json["repetitions"].push_back(to_json(result.repetitions[i], open_loop, used));
  }
  return json;
}

Json to_json(const Environment& environment, const ClockInfo& clock,
             const std::vector<TuningStep>& tuning) {
  Json libraries = Json::object();
  for (const LibraryVersion& library : environment.build.libraries) {
    libraries[library.name] = library.version;
  }
  Json steps = Json::array();
  for (const TuningStep& step : tuning) {
    steps.push_back({{"name", step.name}, {"done", step.done}, {"detail", step.detail}});
  }
  return {
      {"busmark",
       {{"version", environment.build.version},
        {"compiler", environment.build.compiler},
        {"flags", environment.build.flags},
        {"allocator", environment.build.allocator},
        {"libraries", std::move(libraries)},
        {"optimised", environment.build.optimised},
        {"sanitized", environment.build.sanitized}}},
      {"host", known(environment.host)},
      {"cpu_model", known(environment.cpu_model)},
      {"online_cpus", environment.online_cpus},
      {"kernel", known(environment.kernel)},
      {"kernel_build", known(environment.kernel_build)},
      {"architecture", known(environment.architecture)},
      {"virtual_machine", optional(environment.virtual_machine)},
      {"clocksource", known(environment.clocksource)},
      {"governor", known(environment.governor)},
      {"smt", known(environment.smt)},
      {"isolated_cpus", known(environment.isolated_cpus)},
      {"transparent_huge_pages", known(environment.transparent_huge_pages)},
      {"realtime_budget_us", optional(environment.realtime_budget_us)},
      {"load_average", optional(environment.load_average)},
      {"clock",
       {{"source", to_string(clock.source)},
        {"reason", clock.reason},
        {"ticks_per_second", number(clock.ticks_per_second)},
        {"read_cost_ns", number(clock.read_cost_ns)},
        {"ordered_read_cost_ns", number(clock.ordered_read_cost_ns)},
        {"resolution_ns", number(clock.resolution_ns)},
        {"calibration_ppm", number(clock.calibration_ppm)}}},
      {"tuning", std::move(steps)},
  };
}

Json to_json(const SelfOverhead& overhead) {
  return {{"clock_read", number(overhead.clock_read)},
          {"ordered_clock_read", number(overhead.ordered_clock_read)},
          {"pacing_step", number(overhead.pacing_step)},
          {"record", number(overhead.record)},
          {"audit_step", number(overhead.audit_step)},
          {"idle_turn", number(overhead.idle_turn)},
          {"null_publish", number(overhead.null_publish)},
          {"null_receive", number(overhead.null_receive)},
          {"null_message", number(overhead.null_message())}};
}

}  // namespace

std::string write_result_json(const JudgedRun& run) {
  const RunResult& result = *run.result;
  Json json;
  json["schema"] = kResultSchema;
  json["name"] = result.options.name;
  json["started_at"] = result.started_at;
  json["wall_ns"] = result.wall.count();
  json["quick"] = result.options.quick;
  json["interrupted"] = result.interrupted;
  json["repetitions"] = result.options.repetitions;
  json["retries"] = result.options.retries;
  json["seed"] = result.options.seed;
  json["environment"] = to_json(result.environment, result.clock, result.tuning);
  json["overhead_ns"] = to_json(result.overhead);
  json["scenarios"] = Json::array();
  for (const JudgedScenario& scenario : run.scenarios)
    json["scenarios"].push_back(to_json(scenario));
  json["hints"] = run.hints;
  // Names come from the user's file: bytes that are not UTF-8 must not make the result unreadable.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
