// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "busmark/base/units.hpp"

#include "record/scenario.hpp"

namespace busmark {

/// What decides how a session of `busmark tune --auto` divides its time.
struct TuneTimes {
  Nanoseconds session{};
  std::size_t trials = 1;
  Nanoseconds least_block{};           ///< That carries the measure.
  std::optional<Nanoseconds> block{};  ///< As the user wants it, and the next.
  std::optional<std::uint32_t> rounds{};
};

struct TunePlan {
  Nanoseconds block{};  ///< Measured time.
  std::uint32_t rounds = 0;
};

/// As many rounds of short blocks as there is time for, since rounds tell more than longer blocks
/// where the noise is the machine's (docs/ab.md); at least what so many trials take to be sure, at
/// most 60, and only then longer blocks. Shorter ones where the time is short. It reckons with
/// trials that end early, as most do. Pure.
[[nodiscard]] TunePlan plan_trials(const TuneTimes& times);

/// More tell little more.
inline constexpr std::uint32_t kMostTuneRounds = 60;

/// With its warm-up and what is around it, about.
[[nodiscard]] Nanoseconds whole_block(Nanoseconds measured) noexcept;
/// Time that a trial takes besides its blocks, about.
inline constexpr Nanoseconds kAroundTrial = std::chrono::milliseconds(600);

/// The shortest block that carries `measure` by itself, in whole milliseconds, and not shorter than
/// `shortest`.
[[nodiscard]] Nanoseconds least_block(const Scenario& scenario, const std::string& measure,
                                      Nanoseconds shortest = std::chrono::milliseconds(20));

}  // namespace busmark
