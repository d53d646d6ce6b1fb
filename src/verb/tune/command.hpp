// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/config_options.hpp"
#include "cli/delivery.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "engine/runner.hpp"
#include "verb/tune/ledger.hpp"

namespace busmark {

/// The command line of `busmark tune`. Empty texts: the default of the mode.
struct TuneArguments {
  ConfigOptions config;
  bool automatic = false;
  std::string measure = "p95";
  std::string threshold;
  std::string duration;
  std::string block;
  std::string settle = "3s";
  std::uint32_t rounds = 0;  ///< 0: as many as the trials need; of a mark 20.
  std::string json;
  std::string out;
};

/// The config with its one scenario. Throws SetupError where there are several, or where it is
/// nothing to tune.
[[nodiscard]] RunConfig tune_config(const TuneArguments& arguments);

/// What is known of a session before it measures anything. Throws ConfigError.
[[nodiscard]] TuneLedger begin_ledger(const TuneArguments& arguments, const RunConfig& config);

/// What the doctor says of the cores of this plan, from files alone.
[[nodiscard]] std::vector<TuneSuggestion> ask_doctor(const RunPlan& plan);

/// What SCHED_FIFO would meet, tried on this thread for a moment, and the cores.
[[nodiscard]] TuneMachine look_at_machine();
/// What else a process can do for itself, and why it is nothing to try: every run does it.
[[nodiscard]] std::vector<TuneLine> done_anyway();

/// Where a session leaves what it has found out: `tune.json`, `ledger.txt` and of --auto
/// `tuned.toml`, each written whole or not at all, and again after every trial or mark.
class TuneOutput {
 public:
  /// Throws SetupError where nothing could be written.
  TuneOutput(const TuneArguments& arguments, const RunOptions& options);

  /// `config`: the text of tuned.toml; empty: there is none.
  void save(const TuneLedger& ledger, const std::string& config);
  /// The same, with the ledger on standard output.
  void deliver(const TuneLedger& ledger, const std::string& config);
  [[nodiscard]] bool complete() const noexcept { return delivery_.complete(); }

 private:
  std::filesystem::path in_folder(const char* name);

  std::string json_;
  RunFolder folder_;
  std::filesystem::path made_;  ///< Empty until something is put into it.
  Delivery delivery_;
};

/// Tries the knobs one after the other.
[[nodiscard]] ExitCode tune_automatically(const TuneArguments& arguments);
/// Runs the scenario again and again, and compares what was before and after each mark.
[[nodiscard]] ExitCode watch_and_mark(const TuneArguments& arguments);

}  // namespace busmark
