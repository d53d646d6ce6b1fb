// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/result.hpp"

#include <algorithm>

#include "aspect/fault/fault.hpp"
#include "aspect/stages/recovery.hpp"
#include "engine/repetition.hpp"

namespace busmark {
namespace {

/// Calls `visit(audits, producer)` for every audience of a final receiver and who owes it messages.
template <typename Visit>
void for_each_audience(const MessageFlow& flow, const RawRepetition& raw, Visit visit) {
  const MessageFlow::Range final = flow.final_receivers();
  for (std::uint32_t r = final.first; r < final.end; r = flow.audience(r).end) {
    std::vector<const SequenceAudit*> audits;
    for (std::uint32_t i = flow.audience(r).first; i < flow.audience(r).end; ++i) {
      audits.push_back(&raw.receivers[i]->audit);
    }
    for (std::uint32_t p = 0; p < flow.producers; ++p) {
      if (flow.owed(p, r)) visit(audits, p);
    }
  }
}

void add_sequences(const MessageFlow& flow, const RawRepetition& raw, FaultResult& result) {
  const auto keep = [](std::optional<SequenceRange>& range, std::uint32_t producer,
                       const SequenceSpan& span) {
    if (!range && !span.empty()) range = {producer, span.first, span.last};
  };
  for_each_audience(flow, raw, [&](const auto& audits, std::uint32_t producer) {
    const ProducerRecord& record = *raw.producers[producer];
    const std::uint64_t first = record.published == 0 ? record.accepted : record.first_measured;
    const AuditCounts counts = SequenceAudit::combine(audits, producer, first, record.accepted);
    keep(result.duplicated, producer, counts.duplicates);
    keep(result.reordered, producer, counts.reorders);
    for (const SequenceSpan& span :
         SequenceAudit::missing(audits, producer, first, record.accepted)) {
      ++result.lost_ranges;
      if (result.lost.size() < FaultResult::kMostRanges) {
        result.lost.push_back({producer, span.first, span.last});
      }
    }
  });
}

/// When messages could last be expected: a run that was cut short is not silent from then on.
std::int64_t end_of_sending(const RawRepetition& raw) {
  std::int64_t ended = 0;
  bool cut_short = false;
  for (const auto& producer : raw.producers) {
    ended = std::max(ended, producer->ended);
    cut_short = cut_short || producer->cut_short;
  }
  const std::int64_t end = raw.window.end;
  return cut_short ? std::min(ended, end) : end;
}

void add_silences(const RepetitionPlan& plan, const RawRepetition& raw, FaultResult& result) {
  const MessageFlow::Range final = MessageFlow(plan.scenario).final_receivers();
  const std::int64_t resolution = plan.clock.to_ticks(result.resolution);
  const std::int64_t end = end_of_sending(raw);
  const auto take = [](std::optional<Nanoseconds>& worst, Nanoseconds length) {
    if (worst && *worst >= length) return false;
    worst = length;
    return true;
  };
  for (std::uint32_t r = final.first; r < final.end; ++r) {
    const ConsumerRecord& record = *raw.receivers[r];
    for (const Silence& silence : record.silences.all()) {
      if (silence.end < raw.fault->begun) continue;
      if (take(result.outage, plan.clock.duration(silence.length()))) result.lasting = false;
      if (silence.begin <= raw.fault->over && silence.end > raw.fault->over) {
        take(result.first_message, plan.clock.duration(silence.end - raw.fault->over));
      }
    }
    const std::int64_t last = std::max<std::int64_t>(record.last_received, raw.window.measure);
    if (end - last <= resolution) continue;
    if (take(result.outage, plan.clock.duration(end - last))) result.lasting = true;
  }
}

void add_recovery(const RawRepetition& raw, FaultResult& result) {
  DecodedHistogram before(Histogram::shape());
  for (const IntervalResult& interval : raw.intervals) {
    if (interval.start + interval.length <= result.begun) before.merge(interval.response);
  }
  if (before.total() < kRecoverySamples) return;
  const Nanoseconds p95(static_cast<std::int64_t>(before.value_at(Percentile{950'000})));
  result.p95_before = p95;
  const std::optional<Nanoseconds> back = find_recovery(raw.intervals, result.over, p95);
  if (back) result.recovery = *back - result.begun;
}

/// Every audience gets each of them.
void add_corruption(const RepetitionPlan& plan, const RawRepetition& raw, FaultResult& result) {
  CorruptPayloads& corrupt = result.corrupt.emplace();
  for (const auto& producer : raw.producers) corrupt.planted += producer->corrupted;
  corrupt.planted *= MessageFlow(plan.scenario).copies();
}

}  // namespace

FaultResult assemble_fault(const RepetitionPlan& plan, const RawRepetition& raw) {
  FaultResult result;
  result.fault = to_string(*plan.scenario.fault);
  result.begun = plan.clock.duration(raw.fault->begun - raw.window.measure);
  result.over = plan.clock.duration(raw.fault->over - raw.window.measure);
  result.resolution = fault_resolution(plan.scenario);
  add_silences(plan, raw, result);
  add_recovery(raw, result);
  add_sequences(MessageFlow(plan.scenario), raw, result);
  if (is_done_to_payloads(plan.scenario.fault->kind)) add_corruption(plan, raw, result);
  return result;
}

}  // namespace busmark
