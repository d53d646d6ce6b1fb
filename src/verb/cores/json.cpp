// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "verb/cores/tell.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

Json indices(const std::vector<CpuId>& cores) {
  Json json = Json::array();
  for (const CpuId cpu : cores) json.push_back(index(cpu));
  return json;
}

std::string_view kernel_relation(const CoresReport& report, CpuId a, CpuId b) {
  const Cpu* const one = report.topology.find(a);
  const Cpu* const other = report.topology.find(b);
  return to_string(one == nullptr || other == nullptr ? Relation::unknown : relation(*one, *other));
}

Json to_json(const CoresReport& report, const CorePair& pair) {
  return {{"from_cpu", index(pair.from)},
          {"to_cpu", index(pair.to)},
          {"class", to_string(pair.distance())},
          {"kernel_relation", kernel_relation(report, pair.from, pair.to)},
          {"one_way_ns",
           {{"min", json_number(pair.min_ns)},
            {"p10", json_number(pair.p10_ns)},
            {"median", json_number(pair.median_ns)},
            {"p90", json_number(pair.p90_ns)}}},
          {"round_trip_ns", json_number(2 * pair.median_ns)},
          {"clock_offset_ns", json_number(pair.clock_offset_ns)},
          {"clock_bound_ns", json_number(pair.clock_bound_ns)}};
}

Json to_json(const WakePair& pair) {
  return {{"waker_cpu", index(pair.waker)},
          {"sleeper_cpu", index(pair.sleeper)},
          {"method", to_string(pair.method)},
          {"latency_ns",
           {{"min", pair.min.count()},
            {"p50", pair.p50.count()},
            {"p95", pair.p95.count()},
            {"max", pair.max.count()}}},
          {"call_p50_ns", pair.call_p50.count()}};
}

Json to_json(const WakeMatrix& wake) {
  Json json;
  json["pairs"] = Json::array();
  for (const WakePair& pair : wake.pairs) json["pairs"].push_back(to_json(pair));
  json["clock_read_ns"] = Json::array();
  for (const ClockCosts& costs : wake.clocks) {
    json["clock_read_ns"].push_back({{"cpu", index(costs.cpu)},
                                     {"counter", json_number(costs.counter)},
                                     {"ordered", json_number(costs.ordered)},
                                     {"clock_gettime", json_number(costs.monotonic)},
                                     {"thread_cpu_time", json_number(costs.thread_cpu)}});
  }
  return json;
}

/// The median wake-up in nanoseconds; empty where it was not measured.
std::string wake_cell(const CoresReport& report, CpuId waker, CpuId sleeper, WakeMethod method) {
  if (!report.wake) return {};
  for (const WakePair& pair : report.wake->pairs) {
    if (pair.waker == waker && pair.sleeper == sleeper && pair.method == method) {
      return fmt::format("{}", pair.p50.count());
    }
  }
  return {};
}

}  // namespace

std::string write_cores_json(const CoresReport& report) {
  Json json;
  json["schema"] = kCoresSchema;
  json["interrupted"] =
      report.matrix.interrupted || (report.wake.has_value() && report.wake->interrupted);
  json["clock"] = {{"source", to_string(report.clock.source)},
                   {"resolution_ns", json_number(report.clock.resolution_ns)}};
  json["classes_below_ns"] = {{"close", kCloseBelowNs}, {"near", kNearBelowNs}};
  json["cores"] = indices(report.matrix.cores);
  json["pairs"] = Json::array();
  for (const CorePair& pair : report.matrix.pairs) json["pairs"].push_back(to_json(report, pair));
  json["wake"] = report.wake ? to_json(*report.wake) : Json(nullptr);
  json["suggestion"] = Json(nullptr);
  if (report.advice) {
    json["suggestion"] = {{"cores", indices(report.advice->cores)},
                          {"reasons", report.advice->reasons}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string write_cores_csv(const CoresReport& report) {
  std::string text =
      "from_cpu,to_cpu,one_way_min_ns,one_way_median_ns,one_way_p10_ns,one_way_p90_ns,"
      "round_trip_median_ns,class,kernel_relation,futex_wake_p50_ns,eventfd_wake_p50_ns\n";
  for (const CpuId from : report.matrix.cores) {
    for (const CpuId to : report.matrix.cores) {
      const CorePair* const pair = report.matrix.find(from, to);
      if (from == to || pair == nullptr) continue;
      text += fmt::format("{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.2f},{},\"{}\",{},{}\n", index(from),
                          index(to), pair->min_ns, pair->median_ns, pair->p10_ns, pair->p90_ns,
                          2 * pair->median_ns, to_string(pair->distance()),
                          kernel_relation(report, from, to),
                          wake_cell(report, from, to, WakeMethod::futex),
                          wake_cell(report, from, to, WakeMethod::eventfd));
    }
  }
  return text;
}

}  // namespace busmark
