// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/budget.hpp"
#include "record/fault.hpp"

namespace busmark {

/// What happens to a message that finds the transport full.
enum class OnFull : std::uint8_t {
  block,     ///< The producer tries again; the due time stands, so the wait is in the latency.
  drop,      ///< Given up: by the producer (refused), or by a bus for one subscription (dropped).
  drop_old,  ///< The oldest waiting messages of the subscription give way (dropped).
};

/// As in a scenario: `drop-old`.
[[nodiscard]] constexpr std::string_view to_string(OnFull on_full) noexcept {
  switch (on_full) {
    case OnFull::block: return "block";
    case OnFull::drop: return "drop";
    case OnFull::drop_old: return "drop-old";
  }
  return "unknown";
}

enum class ThinkShape : std::uint8_t { constant, uniform, exponential };

/// For how long a user of a closed loop waits between an answer and his next request.
struct Think {
  ThinkShape shape = ThinkShape::constant;
  Nanoseconds low{};   ///< Constant: the time itself. Exponential: the mean.
  Nanoseconds high{};  ///< Of uniform alone.

  [[nodiscard]] Nanoseconds mean() const noexcept {
    return shape == ThinkShape::uniform ? low + (high - low) / 2 : low;
  }
  bool operator==(const Think&) const = default;
};

/// What is broken in a scenario, and when. Times count from the start of the measured window.
struct Fault {
  FaultKind kind = FaultKind::none;
  Nanoseconds at{};
  Nanoseconds lasts{};  ///< 0 where the fault is a moment.

  [[nodiscard]] Nanoseconds end() const noexcept { return at + lasts; }
  bool operator==(const Fault&) const = default;
};

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

/// Most classes of one mix; each costs every final receiver a histogram.
inline constexpr std::size_t kMostClasses = 16;

/// One table of `mix`: messages of one kind.
struct MessageClass {
  std::string name;
  double weight = 1;                      ///< Above 0; shares are weights over their sum.
  std::optional<ByteCount> payload{};     ///< Empty: the scenario's, as the next.
  std::optional<Nanoseconds> work{};      ///< A consumer is busy for so long with each message.
  std::optional<std::string> subjects{};  ///< A SubjectTemplate that it takes in turn.
  std::vector<Budget> budget{};           ///< Judged on this class alone.

  bool operator==(const MessageClass&) const = default;
};

}  // namespace busmark
