// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "judge/summary.hpp"
#include "verb/profile/judge.hpp"
#include "verb/profile/stacks.hpp"

namespace busmark {

inline constexpr const char* kProfileSchema = "busmark.profile/1";

/// How perf took its samples.
struct ProfileRecording {
  std::string perf;             ///< Its version.
  std::string event;            ///< `cycles`, or `cpu-clock` where the processor shows no counters.
  std::uint32_t frequency = 0;  ///< Samples a second of each thread, while it has a core.
  std::string stacks;           ///< `dwarf`, `fp`, `lbr` or `none`.
  bool user_only = false;       ///< What the kernel did is left out.
  bool inlined = false;  ///< Inlined functions are named, as the program has debug information.
};

/// What a profile has found out about one scenario.
struct ProfileReport {
  std::string config;
  Scenario scenario;
  std::string machine;
  std::string version;
  std::string started_at;  ///< UTC, ISO 8601.
  bool optimised = true;   ///< False: the figures mean nothing.
  bool interrupted = false;
  CounterSummary counters;
  std::optional<StackProfile> profile;
  std::string no_profile;  ///< Why there is none; empty where none was asked for.
  ProfileRecording recording;
  std::optional<ScenarioSummary> without_perf;  ///< The same scenario, as the next.
  std::optional<ScenarioSummary> under_perf;
  std::string disturbance;  ///< Of the first repetition that was; empty: none.
};

/// Counters, then a table of functions for each role with `top` rows at most, then what perf cost.
/// At most 80 columns wide. Pure.
[[nodiscard]] std::string write_profile_text(const ProfileReport& report, std::size_t top);

/// All of it for programs. Pure.
[[nodiscard]] std::string write_profile_json(const ProfileReport& report);

}  // namespace busmark
