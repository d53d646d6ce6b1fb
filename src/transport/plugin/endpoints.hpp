// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "busmark/plugin.h"

#include "transport/transport.hpp"

namespace busmark {

/// A bus that a plugin has opened.
class OpenBus {
 public:
  /// Throws SetupError with the plugin's own reason. `table` must outlive it.
  OpenBus(const busmark_plugin& table, const TransportOptions& options);
  ~OpenBus() { table_.close(bus_); }
  OpenBus(const OpenBus&) = delete;
  OpenBus& operator=(const OpenBus&) = delete;

  [[nodiscard]] const busmark_plugin& table() const noexcept { return table_; }
  [[nodiscard]] void* get() const noexcept { return bus_; }
  /// Messages that it holds, at least those asked for.
  [[nodiscard]] std::uint64_t capacity() const;

 private:
  const busmark_plugin& table_;
  std::uint32_t asked_;
  void* bus_;
};

/// One of its endpoints, ended with this object, on the thread that made it. The functions stand
/// here, beside what they are called with: a message costs one indirect call, and no look into the
/// table. They are not noexcept: `busmark plugin check` catches what a plugin throws.
class PluginProducer {
 public:
  PluginProducer() = default;
  /// Throws SetupError with the plugin's own reason.
  PluginProducer(const OpenBus& bus, std::uint32_t index);
  ~PluginProducer() { end(); }
  PluginProducer(PluginProducer&& other) noexcept { *this = std::move(other); }
  PluginProducer& operator=(PluginProducer&& other) noexcept;

  std::size_t push(busmark_message* messages, std::size_t count) const {
    return push_(endpoint_, messages, count);
  }
  [[nodiscard]] std::uint64_t dropped() const {
    return table_->dropped == nullptr ? 0 : table_->dropped(endpoint_);
  }

 private:
  void end() noexcept;
  const busmark_plugin* table_ = nullptr;
  void* endpoint_ = nullptr;
  decltype(busmark_plugin::push) push_ = nullptr;
};

/// The same for messages that come.
class PluginConsumer {
 public:
  PluginConsumer() = default;
  PluginConsumer(const OpenBus& bus, std::uint32_t index);
  ~PluginConsumer() { end(); }
  PluginConsumer(PluginConsumer&& other) noexcept { *this = std::move(other); }
  PluginConsumer& operator=(PluginConsumer&& other) noexcept;

  std::size_t pop(busmark_message* messages, std::size_t count) const {
    return pop_(endpoint_, messages, count);
  }
  /// Only where the table has it.
  std::size_t wait(busmark_message* messages, std::size_t count, Nanoseconds timeout) const {
    return table_->wait(endpoint_, messages, count, timeout.count());
  }

 private:
  void end() noexcept;
  const busmark_plugin* table_ = nullptr;
  void* endpoint_ = nullptr;
  decltype(busmark_plugin::pop) pop_ = nullptr;
};

}  // namespace busmark
