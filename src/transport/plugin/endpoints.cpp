// SPDX-License-Identifier: Apache-2.0
#include "transport/plugin/endpoints.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "machine/affinity.hpp"
#include "record/nats_options.hpp"

namespace busmark {
namespace {

std::uint32_t bit_of(Pattern pattern) noexcept {
  switch (pattern) {
    case Pattern::fan_in: return BUSMARK_PATTERN_FAN_IN;
    case Pattern::queue_group: return BUSMARK_PATTERN_QUEUE_GROUP;
    case Pattern::fan_out: return BUSMARK_PATTERN_FAN_OUT;
    default: return BUSMARK_PATTERN_ONE_WAY;
  }
}

/// What the plugin made, or a SetupError of why it did not.
void* require(void* made, const char* what, const busmark_plugin& table,
              const busmark_error& error) {
  if (made != nullptr) return made;
  const std::string_view why(error.text, strnlen(error.text, sizeof error.text));
  throw SetupError(fmt::format("{} {}: {} is refused: {}", table.name, table.version, what,
                               why.empty() ? "it does not say why" : in_quotes(why, 250)));
}

}  // namespace

OpenBus::OpenBus(const busmark_plugin& table, const TransportOptions& options)
    : table_(table), asked_(static_cast<std::uint32_t>(options.capacity)) {
  const busmark_options asked{.size = sizeof(busmark_options),
                              .producers = options.producers,
                              .consumers = options.consumers,
                              .capacity = asked_,
                              .payload = options.payload,
                              .batch = options.batch,
                              .pattern = bit_of(options.pattern),
                              .parking = options.parking ? 1U : 0U};
  busmark_error error{};
  // Threads and processes inherit it.
  const AffinityGuard guard;
  if ((table.flags & BUSMARK_OWN_THREADS) != 0 && options.nats != nullptr &&
      !options.nats->cpus.empty()) {
    pin_this_thread(options.nats->cpus);
  }
  bus_ = require(table.open(&asked, &error), "open", table, error);
}

std::uint64_t OpenBus::capacity() const {
  const std::uint64_t said = table_.capacity == nullptr ? 0 : table_.capacity(bus_);
  return std::max<std::uint64_t>(said, asked_);
}

PluginProducer::PluginProducer(const OpenBus& bus, std::uint32_t index)
    : table_(&bus.table()), push_(bus.table().push) {
  busmark_error error{};
  endpoint_ = require(table_->producer(bus.get(), index, &error), "a producer", *table_, error);
}

PluginProducer& PluginProducer::operator=(PluginProducer&& other) noexcept {
  if (this == &other) return *this;
  end();
  table_ = other.table_;
  endpoint_ = std::exchange(other.endpoint_, nullptr);
  push_ = other.push_;
  return *this;
}

void PluginProducer::end() noexcept {
  if (endpoint_ != nullptr) table_->end_producer(std::exchange(endpoint_, nullptr));
}

PluginConsumer::PluginConsumer(const OpenBus& bus, std::uint32_t index)
    : table_(&bus.table()), pop_(bus.table().pop) {
  busmark_error error{};
  endpoint_ = require(table_->consumer(bus.get(), index, &error), "a consumer", *table_, error);
}

PluginConsumer& PluginConsumer::operator=(PluginConsumer&& other) noexcept {
  if (this == &other) return *this;
  end();
  table_ = other.table_;
  endpoint_ = std::exchange(other.endpoint_, nullptr);
  pop_ = other.pop_;
  return *this;
}

void PluginConsumer::end() noexcept {
  if (endpoint_ != nullptr) table_->end_consumer(std::exchange(endpoint_, nullptr));
}

}  // namespace busmark
