// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "machine/probe/witness.hpp"
#include "machine/process_tuning.hpp"
#include "verb/agent/part.hpp"

namespace busmark {
namespace {

void merge_intervals(std::vector<IntervalResult>& into, const std::vector<IntervalResult>& from) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i == into.size()) {
      into.push_back(from[i]);
      continue;
    }
    into[i].length = std::max(into[i].length, from[i].length);
    into[i].response.merge(from[i].response);
    into[i].service.merge(from[i].service);
  }
}

/// All agents cut the same window. Where one was woken late its sections are others, and merged
/// they would be of no stretch at all.
void merge_sections(std::vector<SectionResult>& into, const std::vector<SectionResult>& from) {
  if (into.size() != from.size()) return into.clear();
  for (std::size_t i = 0; i < from.size(); ++i) {
    into[i].length = std::max(into[i].length, from[i].length);
    into[i].response.merge(from[i].response);
  }
}

void merge_nats(std::optional<NatsReport>& into, const AgentPart& part) {
  if (!part.result.nats) return;
  const NatsReport& from = *part.result.nats;
  if (!into) into.emplace();
  if (into->server.find(from.server) == std::string::npos) {
    into->server += (into->server.empty() ? "" : "; ") + from.server;
  }
  if (!from.load_fault.empty()) into->load_fault = from.load_fault;
  for (NatsEndpointReport endpoint : from.endpoints) {
    endpoint.role = fmt::format("{} of {}", endpoint.role, part.agent);
    into->endpoints.push_back(std::move(endpoint));
  }
}

void merge_machine(RepetitionResult& into, const RepetitionResult& from) {
  const auto skew = [](const RepetitionResult& r) {
    return std::max(clock_skew_ns(r.before), clock_skew_ns(r.after));
  };
  // A witness is of one machine: the one whose clocks agree least speaks.
  if (skew(from) > skew(into)) {
    into.before = from.before;
    into.after = from.after;
  }
  into.producers += from.producers;
  into.consumers += from.consumers;
  into.core_share = std::min(into.core_share, from.core_share);
  if (from.steal_share) {
    into.steal_share = std::max(into.steal_share.value_or(0), *from.steal_share);
  }
  for (const TuningStep& step : from.tuning) add_step(into.tuning, step);
}

void merge_part(RepetitionResult& into, const RepetitionResult& from) {
  into.response.merge(from.response);
  into.service.merge(from.service);
  merge_intervals(into.intervals, from.intervals);
  merge_sections(into.sections, from.sections);
  into.measure_time = std::min(into.measure_time, from.measure_time);
  into.pacing.lag.merge(from.pacing.lag);
  into.pacing.late += from.pacing.late;
  into.pacing.overdue += from.pacing.overdue;
  into.pacing.unsent += from.pacing.unsent;
  into.pacing.backlog += from.pacing.backlog;
  into.counts += from.counts;
  into.warmup_lost += from.warmup_lost;
  into.intended_rate += from.intended_rate;
  into.offered_rate += from.offered_rate;
  into.achieved_rate += from.achieved_rate;
  into.received_rate += from.received_rate;
  into.elapsed = std::max(into.elapsed, from.elapsed);
  into.clock_backwards += from.clock_backwards;
  into.too_late += from.too_late;
  into.all_received += from.all_received;
  into.pauses += from.pauses;
  into.worst_backwards = std::min(into.worst_backwards, from.worst_backwards);
  into.drain_timed_out = into.drain_timed_out || from.drain_timed_out;
  into.interrupted = into.interrupted || from.interrupted;
  into.ended_early = into.ended_early || from.ended_early;
}

}  // namespace

RepetitionResult merge_parts(std::span<const AgentPart> parts) {
  RepetitionResult merged;
  for (const AgentPart& part : parts) {
    if (&part == &parts.front()) {
      merged = part.result;
      merged.nats.reset();
      merged.receivers.clear();
      merged.floor.clear();
      merged.floor_during.reset();
      merged.disturbance.clear();
    } else {
      merge_part(merged, part.result);
      merge_machine(merged, part.result);
    }
    merge_nats(merged.nats, part);
    if (!part.result.disturbance.empty()) {
      merged.disturbance += fmt::format("{}agent {}: {}", merged.disturbance.empty() ? "" : "; ",
                                        part.agent, part.result.disturbance);
    }
  }
  return merged;
}

}  // namespace busmark
