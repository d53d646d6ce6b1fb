// SPDX-License-Identifier: Apache-2.0
#include "engine/self_overhead.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/schedule.hpp"
#include "engine/workers.hpp"

namespace busmark {
namespace {

constexpr std::uint64_t kMessages = 4096;  // of one block: some tens of microseconds

/// Accepts everything.
struct NullPublisher {
  bool try_publish(Message& message, const PayloadPattern& /*payload*/) noexcept {
    asm volatile("" : "+m"(message));
    return true;
  }
  std::size_t try_publish_bulk(Message* /*messages*/, std::size_t count,
                               const PayloadPattern& /*payload*/) noexcept {
    return count;
  }
  void abandon(Message* /*messages*/, std::size_t /*count*/) noexcept {}
  [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }
};

/// Hands out `left` messages that nobody sent; then finds nothing.
struct NullSubscription {
  std::int64_t due = 0;
  std::uint64_t left = 0;
  std::uint64_t sequence = 0;
  std::uint64_t looks = 0;

  std::size_t poll(Message* messages, std::size_t /*count*/) noexcept {
    ++looks;
    if (left == 0) return 0;
    --left;
    messages->due = due;
    messages->sent = due;
    messages->sequence = sequence++;
    asm volatile("" : "+m"(*messages));
    return 1;
  }
  [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
    return {message.inline_payload.data(), message.size};
  }
  void release(const Message& /*message*/) noexcept {}
  std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds /*timeout*/) noexcept {
    return poll(messages, count);
  }
};

static_assert(Publisher<NullPublisher> && Subscription<NullSubscription>);

/// Median over several blocks of the ticks that `block` takes, per message and in nanoseconds.
template <typename Block>
double cost(const Clock& clock, std::uint64_t messages, Block block) {
  std::array<double, 9> blocks{};
  for (double& one : blocks) {
    const std::int64_t start = clock.now_after_loads();
    block();
    const std::int64_t taken = clock.now_after_loads() - start;
    one =
        static_cast<double>(taken) * 1e9 / clock.ticks_per_second() / static_cast<double>(messages);
  }
  std::nth_element(blocks.begin(), blocks.begin() + blocks.size() / 2, blocks.end());
  return blocks[blocks.size() / 2];
}

/// A window of `kMessages` ticks that is already over: with a period of one tick, as many messages
/// are due at once.
WorkerTask overdue_task(const Clock& clock) {
  constexpr Nanoseconds kPlenty = std::chrono::seconds(60);
  WorkerTask task;
  task.clock = clock;
  task.window.end = clock.now();
  task.window.start = task.window.end - static_cast<std::int64_t>(kMessages);
  task.window.measure = task.window.start;
  task.window.give_up = task.window.end + clock.to_ticks(kPlenty);
  task.sequence_limit = kMessages + 1;
  return task;
}

double publish_cost(const Clock& clock) {
  const StopFlag stop{false};
  const PayloadPattern payload(Message::kInlinePayload, 1);
  std::array<Message, 1> buffer;
  ProducerRecord record;
  Progress progress;
  NullPublisher publisher;
  return cost(clock, kMessages, [&] {
    const WorkerTask task = overdue_task(clock);
    const Sender sender(publisher, payload, task, stop, buffer, record);
    produce_open_loop(RateSchedule(task.window.start, {}), sender, task, stop, progress, record);
  });
}

double pacing_cost(const Clock& clock) {
  const StopFlag stop{false};
  return cost(clock, kMessages, [&] {
    RateSchedule schedule(clock.now() - static_cast<std::int64_t>(2 * kMessages), {});
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      const std::int64_t now = wait_until(schedule.next(), clock, WaitStrategy::spin, stop);
      asm volatile("" ::"r"(now));
    }
  });
}

double record_cost(const Clock& clock) {
  Histogram histogram;
  std::array<std::uint64_t, 1024> values{};
  std::uint64_t state = 1;
  for (std::uint64_t& value : values) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX generator
    value = 100 + (state >> 52);                                      // 100 .. 4195 ns
  }
  return cost(clock, kMessages, [&] {
    for (std::uint64_t i = 0; i < kMessages; ++i) histogram.record(values[i % values.size()]);
    asm volatile("" ::"r"(&histogram) : "memory");
  });
}

double audit_cost(const Clock& clock) {
  const std::array<std::uint64_t, 1> limits{kMessages};
  SequenceAudit audit(limits);
  return cost(clock, kMessages, [&] {
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      audit.observe(0, i);
      asm volatile("" ::"r"(&audit) : "memory");
    }
  });
}

/// The consumer's loop over `messages` messages that are all there at once.
double receive_cost(const Clock& clock) {
  const std::array<std::uint64_t, 1> limits{kMessages};
  ConsumerRecord record(limits);
  std::array<Message, 1> buffer;
  std::array<Progress, 1> progress;
  const ProductionEnd production;  // all producers are done and nothing is owed
  const WorkerTask task = overdue_task(clock);
  return cost(clock, kMessages, [&] {
    NullSubscription subscription{.due = clock.now(), .left = kMessages};
    consume<true>(subscription, buffer, task, DrainState{production, progress}, progress[0],
                  record);
  });
}

/// The consumer's loop with nothing to find, until its deadline.
double idle_cost(const Clock& clock) {
  constexpr Nanoseconds kSpan = std::chrono::microseconds(200);
  const std::array<std::uint64_t, 1> limits{1};
  ConsumerRecord record(limits);
  std::array<Message, 1> buffer;
  std::array<Progress, 1> progress;
  ProductionEnd production;
  production.producers_left = 1;
  std::array<double, 9> blocks{};
  for (double& block : blocks) {
    WorkerTask task;
    task.clock = clock;
    const std::int64_t start = clock.now();
    task.window.give_up = start + clock.to_ticks(kSpan);
    NullSubscription subscription;
    consume<true>(subscription, buffer, task, DrainState{production, progress}, progress[0],
                  record);
    block = static_cast<double>(clock.to_nanoseconds(clock.now() - start)) /
            static_cast<double>(subscription.looks);
  }
  std::nth_element(blocks.begin(), blocks.begin() + blocks.size() / 2, blocks.end());
  return blocks[blocks.size() / 2];
}

/// Looks at the clock before anything else.
struct LookingPublisher : NullPublisher {
  explicit LookingPublisher(const Clock& its_clock) : clock(its_clock) {}
  bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
    taken = clock.now();
    return NullPublisher::try_publish(message, payload);
  }

  Clock clock;
  std::int64_t taken = 0;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Nanoseconds from look to look of `messages` messages, each of them `wait` after the last one.
std::vector<double> handovers(const Clock& clock, Nanoseconds wait, std::uint32_t messages) {
  const StopFlag stop{false};
  const PayloadPattern payload(Message::kInlinePayload, 1);
  std::array<Message, 1> buffer;
  ProducerRecord record;
  LookingPublisher publisher(clock);
  const WorkerTask task = overdue_task(clock);
  Sender sender(publisher, payload, task, stop, buffer, record);
  PlainPause pause;
  std::vector<double> found;
  std::int64_t due = clock.now();
  for (std::uint32_t i = 0; i < messages; ++i) {
    due += clock.to_ticks(wait);
    sender.add(due);
    const std::int64_t look = wait_until(due, clock, WaitStrategy::spin, stop);
    sender.send(look, pause);
    found.push_back(static_cast<double>(publisher.taken - look) * 1e9 / clock.ticks_per_second());
  }
  return found;
}

}  // namespace

HandoverCost measure_handover(const Clock& clock) {
  constexpr Nanoseconds kCold = std::chrono::microseconds(500);
  constexpr std::uint32_t kStretches = 8;
  HandoverCost cost{
      .warm = median(handovers(clock, Nanoseconds(0), kMessages)), .cold = 0, .cold_most = 0};
  std::vector<double> medians;
  for (std::uint32_t i = 0; i < kStretches; ++i) {
    medians.push_back(median(handovers(clock, kCold, 33)));
  }
  cost.cold = median(medians);
  cost.cold_most = *std::max_element(medians.begin(), medians.end());
  return cost;
}

SelfOverhead measure_self_overhead(const Clock& clock) {
  return {.clock_read = clock.info().read_cost_ns,
          .ordered_clock_read = clock.info().ordered_read_cost_ns,
          .pacing_step = pacing_cost(clock),
          .record = record_cost(clock),
          .audit_step = audit_cost(clock),
          .null_publish = publish_cost(clock),
          .null_receive = receive_cost(clock),
          .idle_turn = idle_cost(clock)};
}

}  // namespace busmark
