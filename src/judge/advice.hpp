// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

// What the numbers of a run point at; sentences in plain text, pure. Nothing that it does not show.

/// From where on a figure is worth a sentence.
struct WorthTelling {
  static constexpr Nanoseconds late{1000};     ///< Of a time before a message left its producer.
  static constexpr double late_share = 0.5;    ///< And of the response time.
  static constexpr double long_tail = 100;     ///< p99.9 over p50.
  static constexpr double taken_share = 0.01;  ///< Of the cores' time, by the hypervisor.
  static constexpr double kept_up = 0.99;      ///< Received of sent; less lags behind.
  static constexpr double unsteady = 1.5;      ///< p95 of one repetition over that of another.
  static constexpr double busy = 0.5;          ///< Load average over cpus, before the run.
};

/// What to look at or to change, as the end of every run says it. `run.hints` is not read.
[[nodiscard]] std::vector<std::string> find_hints(const StoredRun& run);
/// What limits the scenarios, then the hints of the run.
[[nodiscard]] std::vector<std::string> find_bottlenecks(const StoredRun& run);
/// What to do next, by the verdicts.
[[nodiscard]] std::vector<std::string> find_next_steps(const StoredRun& run);

}  // namespace busmark
