// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/topology.hpp"
#include "verb/cores/advice.hpp"
#include "verb/cores/drift.hpp"
#include "verb/cores/measure.hpp"
#include "verb/cores/wake.hpp"

namespace busmark {

inline constexpr const char* kCoresSchema = "busmark.cores/1";

/// What was measured of the cores; what was not asked for is empty.
struct CoresReport {
  Topology topology;
  ClockInfo clock;
  CoreMatrix matrix;
  std::optional<WakeMatrix> wake;
  std::optional<CoreAdvice> advice;

  /// What the kernel says of two cores.
  [[nodiscard]] Relation kernel_relation(CpuId a, CpuId b) const;
};

/// The matrix, each pair's spread, what else was asked for, in at most 80 columns: a matrix of more
/// than 14 cores is printed in parts. Colours tell the class where `color`.
[[nodiscard]] std::string write_cores_text(const CoresReport& report, bool color);

/// One JSON object, durations in nanoseconds.
[[nodiscard]] std::string write_cores_json(const CoresReport& report);

/// A header, then one row for each ordered pair; wake-up columns are empty where not measured.
[[nodiscard]] std::string write_cores_csv(const CoresReport& report);

/// `12.3 s  cpu 0-1  near 43 ns -> far 165 ns`.
[[nodiscard]] std::string write_drift_event(const DriftEvent& event, bool color);

/// A table of all pairs watched.
[[nodiscard]] std::string write_drift_text(const std::vector<PairDrift>& pairs);

}  // namespace busmark
