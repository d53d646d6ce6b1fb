// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "machine/topology.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// What `busmark tune --auto` may turn, in its order: keys of the config that leave the meaning of
/// the scenario alone, and nothing outside the process.
enum class TuneKnob : std::uint8_t {
  transport,
  wait,
  /// Both at once, where neither helps by itself: who spins at a lock keeps it from its holder, and
  /// who yields hides what a faster queue gives.
  transport_and_wait,
  batch,
  capacity,
  realtime,
  huge_pages,
  cores,
};
inline constexpr std::array kTuneKnobs{
    TuneKnob::transport, TuneKnob::wait,     TuneKnob::transport_and_wait, TuneKnob::batch,
    TuneKnob::capacity,  TuneKnob::realtime, TuneKnob::huge_pages,         TuneKnob::cores};
[[nodiscard]] std::string_view to_string(TuneKnob knob) noexcept;

/// One key with a value, as `--set` takes them.
struct TuneSetting {
  std::string key;    ///< `scenario.wait`
  std::string value;  ///< `spin`, `[1,0]`
  [[nodiscard]] std::string text() const { return key + "=" + value; }
  /// As a side of `busmark ab`: keys of scenarios without their table.
  [[nodiscard]] std::string short_text() const;
};

/// `transport=queue/spsc,wait=spin`: a side of `busmark ab`.
[[nodiscard]] std::string short_text(const std::vector<TuneSetting>& settings);
/// Each of `settings` in the place of the one with its key, else behind the others.
void put_settings(std::vector<TuneSetting>& into, const std::vector<TuneSetting>& settings);

/// What could be tried, or why it cannot.
struct TuneCandidate {
  TuneKnob knob{};
  std::vector<TuneSetting> now;  ///< As many as `tried`, of the same keys.
  std::vector<TuneSetting> tried;
  std::string obstacle;  ///< Not empty: whole sentence why it is of no use here.
};

/// What the process may do, found out before.
struct TuneMachine {
  Topology topology;
  /// Why a thread cannot be SCHED_FIFO; empty when it can.
  std::string no_realtime;
  /// Why a thread that never sleeps should not be; empty when it may.
  std::string realtime_trap;
  /// Why memory cannot go into huge pages; empty when it can.
  std::string no_huge_pages;
  /// The system gives them unasked: what is to be tried is to be without.
  bool huge_pages_always = false;
};

/// The candidates of a knob from where the scenario stands now. Throws SetupError where the
/// scenario has no place on this machine. Pure.
[[nodiscard]] std::vector<TuneCandidate> tune_candidates(TuneKnob knob, const Scenario& scenario,
                                                         const RunOptions& run,
                                                         const TuneMachine& machine);

/// Makes the scenario and the run what they are with the settings. Pure.
void apply(const std::vector<TuneSetting>& settings, Scenario& scenario, RunOptions& run);

/// Why a scenario is nothing to tune; empty when it is.
[[nodiscard]] std::string why_not_tunable(const Scenario& scenario);

}  // namespace busmark
