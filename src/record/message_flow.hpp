// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "record/scenario.hpp"

namespace busmark {

/// Who receives what in one scenario. Receivers 0 .. consumers - 1 are the consumers; where
/// producers await answers, those of producer p are receiver consumers + p.
struct MessageFlow {
  explicit MessageFlow(const Scenario& scenario) noexcept
      : pattern(scenario.pattern), producers(scenario.producers), consumers(scenario.consumers) {}

  Pattern pattern;
  std::uint32_t producers;
  std::uint32_t consumers;

  struct Range {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
    [[nodiscard]] std::uint32_t size() const noexcept { return end - first; }
  };

  [[nodiscard]] bool answers() const noexcept { return pattern == Pattern::request_reply; }
  [[nodiscard]] std::uint32_t receivers() const noexcept {
    return consumers + (answers() ? producers : 0);
  }
  /// Where messages end: their latency is the scenario's, their arrivals are its books.
  [[nodiscard]] Range final_receivers() const noexcept {
    if (answers()) return {consumers, receivers()};
    return {pattern == Pattern::pipeline ? consumers - 1 : 0, consumers};
  }
  /// Those that share the messages of `receiver` among them, itself included: every message of a
  /// producer that is owed to an audience reaches one of it.
  [[nodiscard]] Range audience(std::uint32_t receiver) const noexcept {
    const bool alone =
        pattern == Pattern::fan_out || pattern == Pattern::pipeline || receiver >= consumers;
    return alone ? Range{receiver, receiver + 1} : Range{0, consumers};
  }
  /// Answers go to the producer that asked.
  [[nodiscard]] bool owed(std::uint32_t producer, std::uint32_t receiver) const noexcept {
    return receiver < consumers || receiver - consumers == producer;
  }
  /// The consumer passes on what it receives.
  [[nodiscard]] bool relays(std::uint32_t consumer) const noexcept {
    return answers() || (pattern == Pattern::pipeline && consumer + 1 < consumers);
  }
  /// Sending ends in legs: the first is that of the producers, the next that of the relays whose
  /// messages the receivers of the next leg wait for.
  [[nodiscard]] std::uint32_t leg(std::uint32_t receiver) const noexcept {
    if (pattern == Pattern::pipeline) return receiver;
    return receiver < consumers ? 0 : 1;
  }
  [[nodiscard]] std::uint32_t legs() const noexcept { return leg(receivers() - 1) + 1; }
  /// Threads that send in a leg.
  [[nodiscard]] std::uint32_t senders(std::uint32_t leg) const noexcept {
    if (leg == 0) return producers;
    return answers() ? consumers : 1;
  }
  /// Deliveries that one message makes when all goes well.
  [[nodiscard]] std::uint32_t copies() const noexcept {
    return pattern == Pattern::fan_out ? consumers : 1;
  }
};

}  // namespace busmark
