// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// A rate as a stage names it: in messages per second, or as a multiple of the scenario's load.
struct StageRate {
  double value = 1;
  bool times_load = true;

  [[nodiscard]] double per_second(MessageRate load) const noexcept {
    return times_load ? value * load.per_second : value;
  }
  bool operator==(const StageRate&) const = default;
};

enum class StageShape : std::uint8_t { constant, ramp, step, burst, on_off, quiet };

/// One line of `stages`.
struct Stage {
  StageShape shape = StageShape::constant;
  StageRate rate{};         ///< Of a ramp at its end, of on/off while on, of a step what is added.
  StageRate limit{};        ///< Step: the rate of the last one.
  bool down = false;        ///< Step: the rate is taken away instead.
  std::uint64_t burst = 0;  ///< Messages that are due at once.
  Nanoseconds on{};         ///< On/off: how long it is on.
  Nanoseconds period{};     ///< From burst to burst, or on and off together.
  Nanoseconds length{};     ///< Of a step that of each.
  std::string text{};       ///< As written, spaces tidied.

  bool operator==(const Stage&) const = default;
};

/// Parses `"10x for 500ms"`, `"ramp to 500k/s over 5s"`, `"step +50k/s every 2s to 500k/s"`,
/// `"burst of 1000 every 100ms for 2s"`, `"on 10ms off 90ms at 2x for 2s"`, `"quiet for 1s"`.
/// Throws std::invalid_argument: what is wrong, and the forms there are.
[[nodiscard]] Stage parse_stage(std::string_view text);
/// The same text again, durations to three figures.
[[nodiscard]] std::string to_string(const Stage& stage);

/// Makes every stage longer or shorter, but none shorter than 1 ms or than its own period. Rates
/// and periods stay.
void scale_stages(std::vector<Stage>& stages, double factor);

/// One stretch of a load that gets a row in the result: rates in messages per second.
struct LoadStage {
  std::string name{};   ///< The line, or `step to 150k/s`.
  Nanoseconds begin{};  ///< From the start of the measured window.
  Nanoseconds length{};
  double from = 0;  ///< At its begin; of on/off while on.
  double to = 0;    ///< At its end; another one in a ramp alone.
  std::uint64_t burst = 0;
  Nanoseconds on{};
  Nanoseconds period{};  ///< 0 where nothing recurs.

  [[nodiscard]] Nanoseconds end() const noexcept { return begin + length; }
  /// How many messages are due in it, on average where arrivals are random.
  [[nodiscard]] double messages() const noexcept;
  /// The mean over its whole length, messages per second.
  [[nodiscard]] double rate() const noexcept;
};

/// Most rows of one load; each costs every receiver a histogram.
inline constexpr std::size_t kMostStages = 100;

/// The rows that `stages` stand for, in order of time. A ramp begins, and a step adds to, the rate
/// before it: `load` at the beginning, 0 behind quiet, the mean behind bursts. Throws
/// std::invalid_argument where a step leads away from its goal, a rate exceeds 1G/s, or there are
/// too many or too long ones.
[[nodiscard]] std::vector<LoadStage> expand_stages(std::span<const Stage> stages, MessageRate load);

}  // namespace busmark
