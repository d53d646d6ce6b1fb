// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/runner.hpp"
#include "live/page.hpp"
#include "record/run.hpp"
#include "record/run_result.hpp"

namespace busmark {

/// What `run --serve` knows of its run: the runner's thread tells it of intervals and scenarios,
/// the server's thread reads. Measured threads never meet it.
class LiveState {
 public:
  /// Hooks itself into `progress`; both must outlive it.
  LiveState(const RunPlan& plan, LiveProgress& progress);
  ~LiveState();
  LiveState(const LiveState&) = delete;
  LiveState& operator=(const LiveState&) = delete;

  // For the server's thread.

  /// Looks at the progress; once a second.
  void look();
  [[nodiscard]] LiveView view() const;
  /// The running scenario, then all that have ended.
  [[nodiscard]] std::string metrics();
  /// The scenarios that have ended, marked as interrupted; empty before the first.
  [[nodiscard]] std::string result_json();

  /// The run is over; any thread.
  void finish();

 private:
  void add(const IntervalResult& interval);
  void take_in_waiting();
  void add(const RunResult& so_far);

  const RunPlan& plan_;
  LiveProgress& progress_;

  // Of the runner's thread.
  std::vector<DecodedHistogram> waiting_;  ///< Intervals that came while somebody read.
  std::uint32_t position_ = 1;             ///< Of the scenario that they belong to.

  mutable std::mutex live_mutex_;  ///< The runner tries it only: who reads may be off its core.
  LiveView view_;
  std::uint32_t interval_scenario_ = 0;  ///< Position of the scenario that `view_` has samples of.

  std::mutex stored_mutex_;  ///< Never taken while messages flow.
  StoredRun stored_;
  std::string stored_metrics_;  ///< Of so many scenarios:
  std::size_t stored_metrics_of_ = 0;
};

}  // namespace busmark
