// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine/examination.hpp"
#include "record/plugin/plugin.hpp"
#include "record/repetition.hpp"

namespace busmark {

/// Everything one `busmark run` has measured: plain data, judged by `judge`.
struct RunResult {
  RunOptions options;
  Environment environment;
  /// What `busmark doctor` reads, before the run and its counters after it; nothing measured. Empty
  /// where it could not be read.
  std::optional<Examination> examination;
  ClockInfo clock;
  SelfOverhead overhead;
  std::vector<TuningStep> tuning;
  std::vector<ScenarioResult> scenarios;
  std::vector<PluginReport> plugins;  ///< Those that a scenario uses.
  std::vector<DoorCost> door;         ///< For each batch that is used with one of them.
  std::vector<AgentReport> agents;    ///< Empty: this machine measured alone.
  std::string started_at;             ///< UTC, ISO 8601.
  Nanoseconds wall{};
  bool interrupted = false;
  std::string resumed{};  ///< When it was taken up after it had been cut, and after how much.
};

}  // namespace busmark
