// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

#include "engine/live_progress.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// The last interval of a measured window in figures; a percentile that its samples could not carry
/// has no value.
struct LiveInterval {
  std::uint64_t count = 0;
  std::optional<Nanoseconds> p50;
  std::optional<Nanoseconds> p95;
  std::optional<Nanoseconds> p99;
  Nanoseconds max{};
};
[[nodiscard]] LiveInterval summarise_interval(const DecodedHistogram& response);

/// A scenario that has ended, in a row.
struct EndedScenario {
  std::string name;
  std::string verdict;
  std::optional<Nanoseconds> p50;
  std::optional<Nanoseconds> p95;
  std::optional<Nanoseconds> p99;
  double rate = 0;  ///< Achieved, messages per second.
};

/// A run in progress, as those who watch it see it. `response` and `interval` are of the running
/// scenario: all its repetitions so far, disturbed ones included.
struct LiveView {
  ProgressSnapshot progress;
  double rate = 0;  ///< Received per second since the last look; 0: not known.
  std::string transport;
  std::optional<double> intended;  ///< Messages per second; empty under saturation.
  std::vector<Budget> budgets;
  std::uint64_t intervals = 0;  ///< Seen of the running scenario.
  LiveInterval interval;
  DecodedHistogram response{Histogram::shape()};
  std::vector<EndedScenario> ended;
  bool over = false;
};

/// The running scenario in Prometheus' text format: `busmark_live_...`. Pure, as the rest.
[[nodiscard]] std::string write_live_metrics(const LiveView& view);
/// For the live page: one line of JSON. Of `ended` only those from `first` on.
[[nodiscard]] std::string write_live_json(const LiveView& view, std::size_t first = 0);
/// The live page itself, which asks `/events` for the rest.
[[nodiscard]] std::string live_page();

}  // namespace busmark
