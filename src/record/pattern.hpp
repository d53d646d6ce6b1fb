// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace busmark {

/// Whom a message reaches.
enum class Pattern : std::uint8_t {
  one_way,        ///< One consumer; several where the transport is one shared queue.
  fan_in,         ///< Many producers, one consumer.
  fan_out,        ///< Every consumer.
  queue_group,    ///< One consumer of the group.
  request_reply,  ///< One responder, whose answer goes back to the producer.
  pipeline,       ///< Consumer 1, which passes it on to consumer 2, and so to the last one.
};

inline constexpr std::initializer_list<Pattern> kAllPatterns{
    Pattern::one_way,     Pattern::fan_in,        Pattern::fan_out,
    Pattern::queue_group, Pattern::request_reply, Pattern::pipeline};

/// As in a scenario: `one-way`.
[[nodiscard]] constexpr std::string_view to_string(Pattern pattern) noexcept {
  switch (pattern) {
    case Pattern::one_way: return "one-way";
    case Pattern::fan_in: return "fan-in";
    case Pattern::fan_out: return "fan-out";
    case Pattern::queue_group: return "queue-group";
    case Pattern::request_reply: return "request-reply";
    case Pattern::pipeline: return "pipeline";
  }
  return "unknown";
}

/// The patterns that a transport serves.
class PatternSet {
 public:
  constexpr PatternSet(std::initializer_list<Pattern> patterns) noexcept {
    for (const Pattern pattern : patterns) add(pattern);
  }
  constexpr void add(Pattern pattern) noexcept { bits_ |= bit(pattern); }
  [[nodiscard]] constexpr bool contains(Pattern pattern) const noexcept {
    return (bits_ & bit(pattern)) != 0;
  }

 private:
  static constexpr std::uint32_t bit(Pattern pattern) noexcept {
    return std::uint32_t{1} << static_cast<std::uint32_t>(pattern);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace busmark
