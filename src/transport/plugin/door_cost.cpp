// SPDX-License-Identifier: Apache-2.0
#include "transport/plugin/door_cost.hpp"

#include "busmark/plugin.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "stat/statistics.hpp"
#include "transport/plugin/endpoints.hpp"

namespace busmark {
namespace {

constexpr std::size_t kDoorRounds = 31;
constexpr std::size_t kDoorMessages = 8192;  // of one turn: about 0.1 ms

using DoorBus = QueueBus<SpscRing<busmark_message>>;

/// Its table, of which the compiler knows nothing here but where it is.
const busmark_plugin& door_table() {
  static constexpr busmark_plugin kTable =
      plugin_table<SpscRing<busmark_message>>({.name = "spsc"});
  const busmark_plugin* hidden = &kTable;
  asm("" : "+r"(hidden));
  return *hidden;
}

/// A producer and a consumer on this thread: a batch of messages in, and out again.
template <typename Producer, typename Consumer>
double door_round(const Clock& clock, Producer& producer, Consumer& consumer,
                  std::vector<busmark_message>& messages) {
  const std::size_t batch = messages.size();
  const std::int64_t start = clock.now_after_loads();
  std::size_t done = 0;
  for (; done < kDoorMessages; done += batch) {
    const std::size_t sent = producer.push(messages.data(), batch);
    const std::size_t got = consumer.pop(messages.data(), batch);
    asm volatile("" ::"r"(sent + got) : "memory");
  }
  const std::int64_t taken = clock.now_after_loads() - start;
  return static_cast<double>(taken) * 1e9 / clock.ticks_per_second() / static_cast<double>(done);
}

DoorCost measure_batch(const Clock& clock, std::uint32_t batch) {
  const TransportOptions options{.capacity = std::size_t{2} * batch, .batch = batch};
  busmark_options asked{};
  asked.capacity = 2 * batch;
  asked.producers = asked.consumers = 1;
  DoorBus ring(asked);
  DoorBus::Producer direct_in = ring.producer(0);
  DoorBus::Consumer direct_out = ring.consumer(0);
  const OpenBus bus(door_table(), options);
  const PluginProducer in(bus, 0);
  const PluginConsumer out(bus, 0);
  std::vector<busmark_message> messages(batch);
  std::vector<double> added;
  for (std::size_t round = 0; round <= kDoorRounds; ++round) {
    const auto direct = [&] { return door_round(clock, direct_in, direct_out, messages); };
    const auto through = [&] { return door_round(clock, in, out, messages); };
    const bool direct_first = round % 2 == 0;
    const double first = direct_first ? direct() : through();
    const double second = direct_first ? through() : direct();
    if (round == 0) continue;  // caches and branches
    added.push_back(direct_first ? second - first : first - second);
  }
  const MedianEstimate median = estimate_median(added);
  return {.batch = batch, .added_ns = median.value, .low_ns = median.low, .high_ns = median.high};
}

}  // namespace

std::vector<DoorCost> measure_door(const Clock& clock, std::span<const std::uint32_t> batches) {
  std::vector<DoorCost> costs;
  for (const std::uint32_t batch : batches) costs.push_back(measure_batch(clock, batch));
  return costs;
}

}  // namespace busmark
