// SPDX-License-Identifier: Apache-2.0
#include "judge/store.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/keys.hpp"
#include "judge/advice.hpp"
#include "judge/held_capacity.hpp"
#include "judge/turns.hpp"
#include "record/fields/field.hpp"
#include "record/run_result.hpp"
#include "record/subjects.hpp"
#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

StoredRates rates(double intended, double offered, double achieved, double received) {
  return {.intended = intended > 0 ? finite(intended) : std::nullopt,
          .offered = offered,
          .achieved = achieved,
          .received = received};
}

/// `max` may be exact where a bucket's highest value lies above it. `missing` were due too.
template <typename HistogramType>
StoredLatency shorten(const HistogramType& histogram, std::uint64_t max, std::uint64_t overflow,
                      std::uint64_t missing) {
  StoredLatency latency{.count = histogram.total(), .percentiles = {}, .max = {}, .overflow = 0};
  const double due = static_cast<double>(latency.count + missing);
  for (const Percentile percentile : kReportedPercentiles) {
    StoredPercentile stored{.percentile = percentile, .value = {}};
    if (latency.count + missing >= samples_needed(percentile)) {
      const double rank = percentile.parts_per_million / 1e6 * due;
      stored.never = missing > 0 && rank > static_cast<double>(latency.count);
      const double percent =
          missing == 0 ? 0 : std::min(100.0, rank / static_cast<double>(latency.count) * 100);
      const std::uint64_t value =
          missing == 0 ? histogram.value_at(percentile) : histogram.value_at_percentile(percent);
      if (!stored.never) stored.value = as_nanoseconds(std::min(value, max));
    }
    latency.percentiles.push_back(stored);
  }
  if (latency.count > 0) latency.max = as_nanoseconds(max);
  latency.overflow = overflow;
  return latency;
}

StoredLatency shorten(const Histogram& histogram, std::uint64_t missing) {
  return shorten(histogram, histogram.max(), histogram.overflow(), missing);
}

StoredWitness store(const Witness& witness) {
  return {.from_cpu = index(witness.from),
          .to_cpu = index(witness.to),
          .distance = witness.distance(),
          .one_way_ns = witness.one_way_ns,
          .clock_offset_ns = witness.clock_offset_ns,
          .clock_bound_ns = witness.clock_bound_ns};
}

std::vector<StoredInterval> store(const std::vector<IntervalResult>& intervals) {
  std::vector<StoredInterval> stored;
  for (const IntervalResult& interval : intervals) {
    stored.push_back({.start = interval.start,
                      .length = interval.length,
                      .response = shorten(interval.response, interval.response.max(), 0, 0)});
  }
  return stored;
}

StoredRepetition store(const RepetitionResult& repetition, bool open_loop, bool used,
                       std::uint32_t copies) {
  StoredRepetition stored;
  stored.used = used;
  stored.attempt = repetition.attempt;
  stored.disturbed = repetition.disturbed();
  stored.disturbance = repetition.disturbance;
  stored.interrupted = repetition.interrupted;
  stored.elapsed = repetition.elapsed;
  stored.rate = rates(repetition.intended_rate, repetition.offered_rate, repetition.achieved_rate,
                      repetition.received_rate);
  const std::uint64_t missing = missing_of(repetition, copies);
  stored.response = shorten(repetition.response, missing);
  stored.service = shorten(repetition.service, missing);
  if (open_loop) stored.pacing = shorten(repetition.pacing.lag, repetition.pacing.unsent);
  stored.late = repetition.pacing.late;
  stored.overdue = repetition.pacing.overdue;
  stored.unsent = repetition.pacing.unsent;
  if (repetition.pacing.backlog != 0) stored.backlog = repetition.pacing.backlog;
  stored.ended_early = repetition.ended_early;
  stored.warmup_lost = repetition.warmup_lost;
  stored.clock_backwards = repetition.clock_backwards;
  stored.worst_backwards = -repetition.worst_backwards;
  stored.counts = repetition.counts;
  stored.drain_timed_out = repetition.drain_timed_out;
  stored.before = store(repetition.before);
  stored.after = store(repetition.after);
  stored.resources = {.producers = repetition.producers,
                      .consumers = repetition.consumers,
                      .core_share = repetition.core_share,
                      .steal_share = finite(repetition.steal_share),
                      .frequency_mhz = finite(repetition.frequency_mhz)};
  stored.warmup = repetition.warmup;
  stored.called_off = repetition.missed;
  if (repetition.pauses != 0) stored.pauses = repetition.pauses;
  stored.slow = repetition.slow;
  stored.memory = repetition.memory;
  stored.cpu = repetition.cpu;
  stored.fault = repetition.fault;
  stored.nats = repetition.nats;
  if (!repetition.load_series.empty()) stored.load_series = repetition.load_series;
  stored.intervals = store(repetition.intervals);
  return stored;
}

StoredBudget store(const BudgetVerdict& budget) {
  return {.text = budget.budget.text,
          .message_class =
              budget.message_class.empty() ? std::nullopt : std::optional(budget.message_class),
          .verdict = budget.verdict,
          .value = finite(budget.value),
          .limit = budget.budget.limit,
          .margin = finite(budget.margin),
          .reason = budget.reason,
          .never = budget.value && std::isinf(*budget.value) ? std::optional(true) : std::nullopt};
}

/// Parameters in the order of the first results; those of further keys stand behind.
constexpr std::array<std::string_view, 31> kParameterOrder{"pattern",
                                                           "producers",
                                                           "consumers",
                                                           "subjects",
                                                           "subscriptions",
                                                           "queue_group",
                                                           "payload_bytes",
                                                           "load",
                                                           "load_model",
                                                           "arrivals",
                                                           "wait",
                                                           "batch",
                                                           "capacity",
                                                           "on_full",
                                                           "checksum",
                                                           "oversubscribe",
                                                           "warmup_ns",
                                                           "duration_ns",
                                                           "drain_ns",
                                                           "synthetic",
                                                           "layout",
                                                           "slow_over_ns",
                                                           "work_ns",
                                                           "tags",
                                                           "warmup",
                                                           "abort_on_fail",
                                                           "fault",
                                                           "stages",
                                                           "users",
                                                           "think",
                                                           "mix"};

/// What its keys say of a scenario, and what follows from several of them.
std::vector<StoredParameter> parameters(const Scenario& scenario) {
  std::vector<StoredParameter> list = parameters_of(scenario);
  list.push_back({"load_model", std::string(scenario.load.open_loop() ? "open loop"
                                            : scenario.users != 0     ? "closed loop"
                                                                      : "saturation")});
  const auto held = held_capacity(scenario.transport, scenario.capacity);
  if (held && *held != scenario.capacity) {
    list.push_back({"capacity_held", static_cast<std::int64_t>(*held)});
  }
  if (scenario.transport == "synthetic") {
    list.push_back({"synthetic", describe(scenario.synthetic)});
  }
  if (scenario.warmup_ends_steady) list.push_back({"warmup", std::string("auto")});
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return place_in(kParameterOrder, a.name) < place_in(kParameterOrder, b.name);
  });
  return list;
}

StoredPlacement store(const Placement& placement) {
  StoredPlacement stored{.description = placement.cpus.empty() ? "" : describe(placement),
                         .cpus = {},
                         .shared = placement.shared,
                         .degraded_wait = placement.degraded_wait};
  for (const CpuId cpu : placement.cpus) stored.cpus.push_back(index(cpu));
  return stored;
}

StoredHistograms merge(const ScenarioResult& result, const std::vector<std::uint32_t>& used) {
  Histogram response;
  Histogram service;
  for (const std::uint32_t i : used) {
    response.merge(result.repetitions[i].response);
    service.merge(result.repetitions[i].service);
  }
  return {.response = DecodedHistogram(response), .service = DecodedHistogram(service)};
}

std::vector<StoredClass> store_classes(const JudgedScenario& judged) {
  std::vector<StoredClass> stored;
  for (std::size_t i = 0; i < judged.summary.classes.size(); ++i) {
    StoredClass& one = stored.emplace_back();
    one.summary = judged.summary.classes[i];
    one.verdict = verdict_of_class(judged.verdict, one.summary.name);
    Histogram response;
    for (const std::uint32_t r : judged.summary.used) {
      response.merge(judged.result->repetitions[r].classes[i].response);
    }
    one.histogram = DecodedHistogram(response);
    const std::uint64_t lost = one.summary.all_counts.lost;
    if (lost != one.summary.counts.lost) one.lost_in_all = lost;
  }
  return stored;
}

StoredScenario store(const JudgedScenario& judged) {
  const ScenarioResult& result = *judged.result;
  const ScenarioSummary& summary = judged.summary;
  const bool open_loop = result.scenario.load.open_loop();
  StoredScenario stored;
  stored.name = result.scenario.name;
  stored.transport = result.scenario.transport;
  stored.operation = result.operation;
  stored.parameters = parameters(result.scenario);
  stored.placement = store(result.placement);
  stored.verdict = judged.verdict.verdict;
  stored.reasons = judged.verdict.reasons;
  for (const BudgetVerdict& budget : judged.verdict.budgets) {
    stored.budgets.push_back(store(budget));
  }
  stored.meaning = result.operation ? "time of an operation, or of a batch of them"
                   : open_loop      ? "response counts from the due time"
                   : summary.users
                       ? "closed loop: response counts from the request, so stalls hide in it "
                         "(coordinated omission)"
                       : "queueing under saturation";
  stored.response = summary.response;
  stored.service = summary.service;
  stored.pacing = summary.pacing;
  stored.late = summary.late;
  stored.overdue = summary.overdue;
  stored.unsent = summary.unsent;
  stored.rate = rates(summary.intended_rate, summary.offered_rate, summary.achieved_rate,
                      summary.received_rate);
  stored.counts = summary.counts;
  if (summary.copies != 1) stored.copies = summary.copies;
  stored.receivers = summary.receivers;
  if (!summary.stages.empty()) stored.stages = summary.stages;
  if (!summary.classes.empty()) stored.classes = store_classes(judged);
  stored.users = summary.users;
  stored.cpu = summary.cpu;
  stored.floor = summary.floor;
  stored.floor_during = summary.floor_during;
  stored.stopping = result.stopping;
  if (result.wall.count() > 0) stored.wall = result.wall;
  stored.histograms = merge(result, summary.used);
  for (std::uint32_t i = 0; i < result.repetitions.size(); ++i) {
    const bool used = std::find(summary.used.begin(), summary.used.end(), i) != summary.used.end();
    StoredRepetition& kept = stored.repetitions.emplace_back(
        store(result.repetitions[i], open_loop, used, summary.copies));
    if (!judged.level_changes[i].empty()) kept.level_changes = judged.level_changes[i];
  }
  return stored;
}

std::vector<StoredFinding> store(const Diagnosis& diagnosis) {
  std::vector<StoredFinding> stored;
  for (const Finding& finding : diagnosis.findings) {
    stored.push_back({.id = finding.id,
                      .group = finding.group,
                      .level = std::string(to_string(finding.level)),
                      .found = finding.found,
                      .wanted = finding.wanted,
                      .fix = finding.fix,
                      .reason = finding.reason});
  }
  return stored;
}

}  // namespace

StoredRun store(const JudgedRun& run) {
  const RunResult& result = *run.result;
  StoredRun stored;
  stored.name = result.options.name;
  stored.started_at = result.started_at;
  if (!result.options.label.empty()) stored.label = result.options.label;
  if (!result.options.note.empty()) stored.note = result.options.note;
  stored.wall = result.wall;
  stored.quick = result.options.quick;
  stored.interrupted = result.interrupted;
  if (!result.resumed.empty()) stored.resumed = result.resumed;
  stored.planned_repetitions = result.options.repetitions;
  stored.retries = result.options.retries;
  if (const Until& until = result.options.until; !until.precise.empty()) {
    stored.until = to_string(until);
  }
  stored.seed = result.options.seed;
  stored.environment = {.machine = result.environment,
                        .clock_source = std::string(to_string(result.clock.source)),
                        .clock_reason = result.clock.reason,
                        .ticks_per_second = finite(result.clock.ticks_per_second),
                        .read_cost_ns = finite(result.clock.read_cost_ns),
                        .ordered_read_cost_ns = finite(result.clock.ordered_read_cost_ns),
                        .resolution_ns = finite(result.clock.resolution_ns),
                        .calibration_ppm = finite(result.clock.calibration_ppm),
                        .tuning = result.tuning,
                        .findings = {}};
  if (run.diagnosis) stored.environment.findings = store(*run.diagnosis);
  stored.overhead = result.overhead;
  if (!result.plugins.empty()) stored.plugins = result.plugins;
  if (!result.door.empty()) stored.door = result.door;
  const bool by_turns = result.options.order == Order::interleaved;
  if (by_turns) stored.order = to_string(result.options.order);
  const ScenarioResult* above = nullptr;  // the last one that was not skipped
  for (const JudgedScenario& scenario : run.scenarios) {
    stored.scenarios.push_back(store(scenario));
    if (!by_turns || scenario.result->repetitions.empty()) continue;
    if (above != nullptr) {
      auto differences = differences_by_turns(*above, *scenario.result);
      if (!differences.empty()) stored.scenarios.back().above = std::move(differences);
    }
    above = scenario.result;
  }
  if (!result.agents.empty()) stored.agents = result.agents;
  stored.hints = find_hints(stored);
  return stored;
}

}  // namespace busmark
