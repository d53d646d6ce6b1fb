// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "tell/form_writers.hpp"

namespace busmark {
namespace {

/// RFC 4180, but for the line ends, which are those of Unix.
std::string row(const std::vector<std::string>& cells) {
  return fmt::format("{}\n", fmt::join(cells, ","));
}

std::string cell(double number) { return fmt::format("{}", number); }
std::string cell(std::uint64_t number) { return fmt::format("{}", number); }
/// `inf` for ever, which every reader of numbers knows.
std::string cell(Nanoseconds duration) {
  return duration == kNever ? "inf" : fmt::format("{}", duration.count());
}
std::string cell(bool truth) { return truth ? "true" : "false"; }
template <typename T>
std::string cell(const std::optional<T>& value) {
  return value ? cell(*value) : "";
}

std::vector<std::string> percentile_titles(std::string_view prefix) {
  std::vector<std::string> titles;
  for (const Percentile percentile : kReportedPercentiles) {
    titles.push_back(fmt::format("{}{}_ns", prefix, format_percentile(percentile)));
  }
  return titles;
}

void append(std::vector<std::string>& cells, const std::vector<std::string>& more) {
  cells.insert(cells.end(), more.begin(), more.end());
}

void append(std::vector<std::string>& cells, const LatencySummary& latency) {
  const bool empty = latency.count == 0;
  cells.push_back(cell(latency.count));
  cells.push_back(empty ? "" : cell(latency.min));
  cells.push_back(empty ? "" : cell(latency.mean_ns));
  for (const Percentile percentile : kReportedPercentiles) {
    cells.push_back(cell(value_of(latency, percentile)));
  }
  cells.push_back(empty ? "" : cell(latency.max));
}

/// Of all scenarios, in the order of their first appearance.
std::vector<std::string> parameter_names(const StoredRun& run) {
  std::vector<std::string> names;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredParameter& parameter : scenario.parameters) {
      if (std::find(names.begin(), names.end(), parameter.name) == names.end()) {
        names.push_back(parameter.name);
      }
    }
  }
  return names;
}

std::vector<std::string> titles(const std::vector<std::string>& parameters) {
  std::vector<std::string> names{"scenario", "transport", "verdict"};
  for (const std::string& parameter : parameters) names.push_back(csv_cell(parameter));
  for (const char* kind : {"response_", "service_"}) {
    append(names, {fmt::format("{}count", kind), fmt::format("{}min_ns", kind),
                   fmt::format("{}mean_ns", kind)});
    append(names, percentile_titles(kind));
    names.push_back(fmt::format("{}max_ns", kind));
  }
  append(names,
         {"intended_per_second", "offered_per_second", "achieved_per_second", "received_per_second",
          "published", "received", "dropped", "refused", "lost", "duplicated", "reordered",
          "corrupt", "repetitions", "disturbed", "outage_ns", "first_message_ns", "recovery_ns"});
  return names;
}

/// Of the repetitions that count; empty where a fault left no such time.
std::optional<Nanoseconds> worst(const StoredScenario& scenario,
                                 std::optional<Nanoseconds> FaultResult::*part) {
  std::optional<Nanoseconds> worst;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (!repetition.used || !repetition.fault) continue;
    worst = std::max(worst, (*repetition.fault).*part);
  }
  return worst;
}

}  // namespace

std::vector<FormFile> write_csv(const StoredRun& run) {
  const std::vector<std::string> parameters = parameter_names(run);
  std::string text = row(titles(parameters));
  for (const StoredScenario& scenario : run.scenarios) {
    std::vector<std::string> cells{csv_cell(scenario.name), csv_cell(scenario.transport),
                                   std::string(to_string(scenario.verdict))};
    for (const std::string& parameter : parameters) {
      cells.push_back(csv_cell(scenario.parameter(parameter)));
    }
    append(cells, scenario.response);
    append(cells, scenario.service);
    append(cells, {cell(scenario.rate.intended), cell(scenario.rate.offered),
                   cell(scenario.rate.achieved), cell(scenario.rate.received)});
    const MessageCounts& counts = scenario.counts;
    for (const std::uint64_t count :
         {counts.published, counts.received, counts.dropped, counts.refused, counts.lost,
          counts.duplicated, counts.reordered, counts.corrupt}) {
      cells.push_back(cell(count));
    }
    std::uint64_t disturbed = 0;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      disturbed += repetition.disturbed ? 1U : 0U;
    }
    append(cells, {cell(std::uint64_t{scenario.repetitions.size()}), cell(disturbed)});
    for (const auto part :
         {&FaultResult::outage, &FaultResult::first_message, &FaultResult::recovery}) {
      cells.push_back(cell(worst(scenario, part)));
    }
    text += row(cells);
  }
  return {{"", std::move(text)}};
}

std::vector<FormFile> write_csv_intervals(const StoredRun& run) {
  std::vector<std::string> names{"scenario", "repetition",         "used", "start_ns", "length_ns",
                                 "count",    "received_per_second"};
  append(names, percentile_titles("response_"));
  names.emplace_back("response_max_ns");
  std::string text = row(names);
  for (const StoredScenario& scenario : run.scenarios) {
    std::uint64_t number = 0;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      ++number;
      if (!repetition.intervals) continue;
      for (const StoredInterval& interval : *repetition.intervals) {
        const double seconds = static_cast<double>(interval.length.count()) / 1e9;
        const auto count = static_cast<double>(interval.response.count);
        std::vector<std::string> cells{csv_cell(scenario.name),
                                       cell(number),
                                       cell(repetition.used),
                                       cell(interval.start),
                                       cell(interval.length),
                                       cell(interval.response.count),
                                       seconds > 0 ? cell(count / seconds) : ""};
        for (const Percentile percentile : kReportedPercentiles) {
          cells.push_back(cell(interval.response.find(percentile)));
        }
        cells.push_back(cell(interval.response.max));
        text += row(cells);
      }
    }
  }
  return {{"", std::move(text)}};
}

std::vector<FormFile> write_csv_stages(const StoredRun& run) {
  std::string text = row({"scenario", "stage", "start_ns", "length_ns", "intended_per_second",
                          "achieved_per_second", "published", "received", "refused", "dropped",
                          "overdue", "unsent", "response_p50_ns", "response_p95_ns",
                          "response_p99_ns", "response_max_ns", "p95_before_ns", "recovery_ns"});
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.stages) continue;
    for (const StageSummary& stage : *scenario.stages) {
      text +=
          row({csv_cell(scenario.name), csv_cell(stage.name), cell(stage.start), cell(stage.length),
               cell(stage.intended_rate), cell(stage.achieved_rate), cell(stage.published),
               cell(stage.received), cell(stage.refused), cell(stage.dropped), cell(stage.overdue),
               cell(stage.unsent), cell(stage.p50), cell(stage.p95), cell(stage.p99),
               cell(stage.max), cell(stage.p95_before), cell(stage.recovery)});
    }
  }
  return {{"", std::move(text)}};
}

std::vector<FormFile> write_csv_classes(const StoredRun& run) {
  std::vector<std::string> names{"scenario",
                                 "class",
                                 "verdict",
                                 "payload_bytes",
                                 "work_ns",
                                 "asked_share",
                                 "share",
                                 "intended_per_second",
                                 "achieved_per_second",
                                 "published",
                                 "received",
                                 "dropped",
                                 "refused",
                                 "lost"};
  append(names, {"response_count", "response_min_ns", "response_mean_ns"});
  append(names, percentile_titles("response_"));
  names.emplace_back("response_max_ns");
  std::string text = row(names);
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.classes) continue;
    for (const StoredClass& stored : *scenario.classes) {
      const ClassSummary& one = stored.summary;
      const MessageCounts& counts = one.counts;
      std::vector<std::string> cells{csv_cell(scenario.name),
                                     csv_cell(one.name),
                                     stored.verdict ? std::string(to_string(*stored.verdict)) : "",
                                     cell(one.payload.bytes),
                                     cell(one.work),
                                     cell(one.asked),
                                     cell(one.share),
                                     cell(one.intended_rate),
                                     cell(one.achieved_rate),
                                     cell(counts.published),
                                     cell(counts.received),
                                     cell(counts.dropped),
                                     cell(counts.refused),
                                     cell(counts.lost)};
      append(cells, one.response);
      text += row(cells);
    }
  }
  return {{"", std::move(text)}};
}

std::vector<FormFile> write_csv_slow(const StoredRun& run) {
  std::string text =
      row({"scenario",     "repetition",   "used",        "over_ns",   "cause",     "begin_ns",
           "end_ns",       "messages",     "response_ns", "held_ns",   "producer",  "sequence",
           "receiver",     "span_ns",      "unread_ns",   "waited_ns", "waiter",    "turns",
           "minor_faults", "major_faults", "pauses",      "stolen_ns", "interrupts"});
  for (const StoredScenario& scenario : run.scenarios) {
    std::uint64_t number = 0;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      ++number;
      if (!repetition.slow) continue;
      for (const SlowEvent& event : repetition.slow->worst) {
        const SlowEvidence& counted = event.evidence;
        text += row({csv_cell(scenario.name),
                     cell(number),
                     cell(repetition.used),
                     cell(repetition.slow->over),
                     std::string(to_string(event.cause)),
                     cell(event.begin),
                     cell(event.end),
                     cell(event.messages),
                     cell(event.response),
                     cell(event.held),
                     cell(std::uint64_t{event.producer}),
                     cell(event.sequence),
                     cell(std::uint64_t{event.receiver}),
                     cell(counted.span),
                     cell(counted.unread),
                     cell(counted.waited),
                     csv_cell(counted.waiter),
                     cell(counted.turns),
                     cell(counted.minor_faults),
                     cell(counted.major_faults),
                     cell(counted.pauses),
                     cell(counted.stolen),
                     cell(counted.interrupts)});
      }
    }
  }
  return {{"", std::move(text)}};
}

}  // namespace busmark
