// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/machine.hpp"
#include "verb/cores/tell.hpp"

namespace busmark {

// busmark.cores/1, in the manner of record/fields/field.hpp; only written.

template <>
inline constexpr std::array kAll<Relation>{
    Relation::same_cpu,     Relation::smt_sibling, Relation::same_cache,    Relation::same_node,
    Relation::same_package, Relation::other_node,  Relation::other_package, Relation::unknown};
template <>
inline constexpr std::array kAll<WakeMethod> = kWakeMethods;

void pair_fields(auto& io, const CoresReport& report, const CorePair& pair) {
  io("from_cpu", pair.from);
  io("to_cpu", pair.to);
  io("class", pair.distance(), {"By measurement."});
  io("kernel_relation", report.kernel_relation(pair.from, pair.to), {"As the kernel tells it."});
  io.object("one_way_ns", [&](auto& part) {
    part("min", pair.min_ns);
    part("p10", pair.p10_ns);
    part("median", pair.median_ns);
    part("p90", pair.p90_ns);
  });
  io("round_trip_ns", 2 * pair.median_ns);
  io.any_sign("clock_offset_ns", pair.clock_offset_ns, {"Clock of to_cpu minus that of from_cpu."});
  io("clock_bound_ns", pair.clock_bound_ns);
}

void fields(auto& io, Is<WakePair> auto& pair) {
  io("waker_cpu", pair.waker);
  io("sleeper_cpu", pair.sleeper);
  io("method", pair.method);
  io.object("latency_ns", [&](auto& part) {
    part.any_sign("min", pair.min, {"Below zero where the clocks differ by more than it took."});
    part.any_sign("p50", pair.p50);
    part.any_sign("p95", pair.p95);
    part.any_sign("max", pair.max);
  });
  io("call_p50_ns", pair.call_p50, {"What the call cost the waker."});
}

void fields(auto& io, Is<ClockCosts> auto& costs) {
  io("cpu", costs.cpu);
  io("counter", costs.counter);
  io("ordered", costs.ordered);
  io("clock_gettime", costs.monotonic);
  io("thread_cpu_time", costs.thread_cpu);
}

void fields(auto& io, Is<WakeMatrix> auto& wake) {
  io("pairs", wake.pairs);
  io("clock_read_ns", wake.clocks);
}

void fields(auto& io, Is<CoreAdvice> auto& advice) {
  io("cores", advice.cores);
  io("reasons", advice.reasons);
}

void fields(auto& io, Is<CoresReport> auto& report) {
  io("interrupted", report.matrix.interrupted || (report.wake && report.wake->interrupted));
  io.object("clock", [&](auto& part) {
    part("source", report.clock.source);
    part("resolution_ns", report.clock.resolution_ns);
  });
  io.object("classes_below_ns", [&](auto& part) {
    part("close", kCloseBelowNs);
    part("near", kNearBelowNs);
  });
  io("cores", report.matrix.cores);
  io.list("pairs", report.matrix.pairs,
          [&](auto& part, const CorePair& pair) { pair_fields(part, report, pair); });
  io("wake", report.wake, {"Null where it was not asked for."});
  io("suggestion", report.advice, {"Null where none was asked for."});
}

}  // namespace busmark
