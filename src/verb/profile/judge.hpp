// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verb/profile/counters.hpp"

namespace busmark {

/// One figure of several repetitions.
struct CounterFigure {
  double median = 0;
  double least = 0;
  double most = 0;
};

/// What the threads of one role did, together, for each message that was received.
struct RoleCounters {
  std::string role;  ///< As RoleProfile::role.
  std::size_t threads = 0;
  /// By PerfEvent; empty where a thread of the role lacks it. task-clock in nanoseconds.
  std::array<std::optional<CounterFigure>, kPerfEvents> per_message;
  std::optional<CounterFigure> instructions_per_cycle;
  std::optional<CounterFigure> on_core;  ///< Share of the time, 0..1, mean of the threads.
};

struct CounterSummary {
  std::vector<RoleCounters> roles;
  /// By PerfEvent: why it is missing; empty where it is not.
  std::array<std::string, kPerfEvents> problems;
  /// By PerfEvent: the smallest share of the time in which it was really counted; 1: always.
  std::array<double, kPerfEvents> counted;
  bool user_only = false;
  std::size_t repetitions = 0;  ///< That could be counted.
  std::uint64_t messages = 0;   ///< In all of them.
  Nanoseconds time{};           ///< Likewise.
};

/// Of the threads of each window the first `producers` are producers. `operation`: there is one
/// thread, which is neither. Windows without messages or counts are left out.
[[nodiscard]] CounterSummary summarise_counters(const std::vector<CountedWindow>& windows,
                                                std::uint32_t producers, bool operation);

}  // namespace busmark
