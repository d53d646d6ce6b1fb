// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "busmark/plugin.h"

#include "transport/plugin/endpoints.hpp"
#include "transport/plugin/guard.hpp"

namespace busmark {

/// Options that the plugin must accept.
[[nodiscard]] TransportOptions trial_options(const busmark_plugin& table, std::uint32_t capacity,
                                             std::uint32_t batch = 1);

/// What messages a producer sends, number by number, and whether those that came are the same.
class TrialMessages {
 public:
  TrialMessages(const busmark_plugin& table, std::uint32_t payload);

  /// Message `number` of a producer. Its payload is valid until the next call but 4096.
  [[nodiscard]] busmark_message make(std::uint32_t producer, std::uint64_t number);
  /// Whether everything that had to come along did.
  [[nodiscard]] bool intact(const busmark_message& message) const;

 private:
  bool carries_bytes_;
  std::uint32_t payload_;
  std::vector<unsigned char> bytes_;
  std::size_t next_ = 0;
};

/// Says once each what is wrong with the numbers that one producer's messages came with: lost,
/// twice, out of order, never sent. `sent` messages were taken.
void judge_numbers(std::span<const std::uint64_t> came, std::uint64_t sent,
                   const busmark_plugin& table, const GuardSteps& steps);

/// One producer and one consumer on this thread, each call named to the guard.
class Trial {
 public:
  Trial(const busmark_plugin& table, const GuardSteps& steps, std::uint32_t capacity,
        std::uint32_t batch = 1);

  /// Sends the next `count` numbers in one call; returns how many were taken.
  std::size_t push(std::size_t count);
  /// One call; what came is remembered.
  std::size_t pop(std::size_t count);
  /// Until `count` more have come, or nothing has for some time. A batch at a time.
  std::size_t pop_until(std::size_t count);
  /// New endpoints in place of these.
  void endpoints_again();
  /// Says what is wrong with all that came.
  void judge();

  /// Messages that it must hold: those asked for, or the fewer that it says it holds.
  [[nodiscard]] std::uint64_t holds() const noexcept { return holds_; }
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t inside() const noexcept {
    return sent_ - std::min<std::uint64_t>(sent_, came_.size());
  }
  /// That it has held at any time.
  [[nodiscard]] std::uint64_t most_inside() const noexcept { return most_inside_; }

 private:
  /// Of each kind the first.
  void say_once(const char* kind, const std::string& sentence);

  const busmark_plugin& table_;
  const GuardSteps& steps_;
  std::uint32_t batch_;
  OpenBus bus_;
  PluginProducer producer_;
  PluginConsumer consumer_;
  TrialMessages messages_;
  std::vector<busmark_message> buffer_;
  std::vector<std::uint64_t> came_;
  std::uint64_t holds_;
  std::uint64_t sent_ = 0;
  std::uint64_t most_inside_ = 0;
  std::set<std::string> said_;
};

}  // namespace busmark
