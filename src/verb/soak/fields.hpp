// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/run.hpp"
#include "verb/soak/tell.hpp"

namespace busmark {

// busmark.soak/1, in the manner of record/fields/field.hpp; only written.

template <>
inline constexpr std::array kAll<MemoryClass>{MemoryClass::normal, MemoryClass::monitor,
                                              MemoryClass::leak, MemoryClass::inconclusive};

void fields(auto& io, Is<SoakSample> auto& sample) {
  const MemoryUsage& memory = sample.memory;
  io("start_ns", sample.start, {"From the start of the measured window."});
  io("length_ns", sample.length);
  io("rss", memory.rss, {"Bytes at its end, as the next three."});
  io("pss", memory.pss);
  io("vms", memory.vms);
  io("committed", memory.committed, {"What the allocator has asked the kernel for."});
  io("open_files", memory.open_files);
  io("threads", memory.threads);
  io("received", sample.received);
  io("p50_ns", sample.p50);
  io("p95_ns", sample.p95);
  io("p99_ns", sample.p99);
}

void fields(auto& io, Is<SlopeEstimate> auto& slope) {
  io.type("slope", "With its 95 % interval.");
  io.any_sign("slope", finite(slope.slope));
  io.any_sign("low", finite(slope.low));
  io.any_sign("high", finite(slope.high));
  io("points", slope.points);
  io("stretch", finite(slope.stretch), {"Of the interval, as samples remember each other."});
}

void fields(auto& io, Is<SoakCourse> auto& course) {
  io.type("course");
  io("initial", course.initial, {"First sample of all, start-up included."});
  io("final", course.final);
  io("peak", course.peak);
  io.any_sign("growth", course.final - course.initial);
  io("per_hour", course.per_hour, {"After the start-up."});
}

void fields(auto& io, Is<SoakDrift> auto& drift) {
  io.type("drift");
  io("median", finite(drift.median));
  io("share_per_hour", drift.per_hour, {"0.02 is 2 % of the median per hour."});
}

void fields(auto& io, Is<BudgetVerdict> auto& budget) {
  io("text", budget.text());
  io("verdict", budget.verdict);
  io.any_sign("value", budget.value);
  io.known("reason", budget.reason);
}

void fields(auto& io, Is<SoakedScenario> auto& scenario) {
  const SoakAnalysis& analysis = scenario.analysis;
  io("name", scenario.name);
  io("transport", scenario.transport);
  io("verdict", scenario.verdict, {"With its memory."});
  io("interrupted", scenario.interrupted);
  io.object("memory", [&](auto& part) {
    part("class", analysis.memory);
    part("judged_by", "rss");
    part("rss", analysis.rss);
    part("pss", analysis.pss);
    part("vms", analysis.vms);
    part("committed", analysis.committed);
    part("would_tell_ns", analysis.would_tell(), {"A duration that would, where this did not."});
  });
  io("open_files", analysis.open_files);
  io("threads", analysis.threads);
  io.object("drift", [&](auto& part) {
    part("p50_ns", analysis.p50);
    part("p95_ns", analysis.p95);
    part("p99_ns", analysis.p99);
    part("rate", analysis.rate);
  });
  io("start_up_intervals", analysis.start_up, {"At the beginning, that do not count."});
  io("counted_intervals", analysis.counted);
  io.object("counts", [&](auto& part) {
    fields(part, scenario.counts);
    part.type("", "");
    part("too_late_for_audit", scenario.too_late);
  });
  io("audit_reach", scenario.audit_reach,
     {"Sequence numbers of one producer that the audit tells apart."});
  io("scenario_verdict", scenario.scenario.verdict, {"As run judges it."});
  io("reasons", scenario.scenario.reasons);
  io("budgets", scenario.scenario.budgets);
  io("samples", scenario.samples);
}

void fields(auto& io, Is<SoakSession> auto& session) {
  io("config", session.config);
  io("started_at", session.started_at);
  io("machine", session.machine);
  io("version", session.version);
  io("allocator", session.allocator);
  io("duration_ns", session.duration);
  io("interval_ns", session.interval);
  io("normal_below_per_hour", kNormalBelow, {"Bytes, as the next."});
  io("leak_above_per_hour", kLeakAbove);
  io("interrupted", session.interrupted);
  io("scenarios", session.scenarios, {"Those that have ended."});
}

}  // namespace busmark
