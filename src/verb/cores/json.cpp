// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/cores/fields.hpp"
#include "verb/documents.hpp"

namespace busmark {
namespace {

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

Relation CoresReport::kernel_relation(CpuId a, CpuId b) const {
  const Cpu* const one = topology.find(a);
  const Cpu* const other = topology.find(b);
  return one == nullptr || other == nullptr ? Relation::unknown : relation(*one, *other);
}

std::string write_cores_json(const CoresReport& report) {
  return FieldWriter::document(kCoresSchema, report);
}

std::string cores_schema() {
  return FieldSchema::document(kCoresSchema,
                               "How far apart the cores are, as busmark cores --json writes it.",
                               CoresReport{});
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
                          to_string(report.kernel_relation(from, to)),
                          wake_cell(report, from, to, WakeMethod::futex),
                          wake_cell(report, from, to, WakeMethod::eventfd));
    }
  }
  return text;
}

}  // namespace busmark
