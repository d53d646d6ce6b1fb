// SPDX-License-Identifier: Apache-2.0
// What the bus costs: against the bare queue under it, with the number of subscriptions, and
// against what people write by hand. Pairs run one right after the other, between probes of the
// distance of the two cores; a pair during which the cores moved is not counted. Run it on an idle
// machine.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/clock.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/bus/event_bus.hpp"
#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "bus_peers.hpp"
#include "two_cores.hpp"

using namespace busmark;

namespace {

constexpr std::size_t kCapacity = 1024;
constexpr std::uint64_t kWarmUp = 50'000;
constexpr std::uint64_t kTimed = 500'000;

/// The bare queue.
template <template <typename> class QueueOf>
struct Bare {
  QueueOf<Message> queue{kCapacity};
  struct Sender {
    typename QueueOf<Message>::Producer end;
    bool send(Message& message) { return end.try_push(Message(message)); }
    std::size_t send(Message* messages, std::size_t count) {
      return end.try_push_bulk(messages, count);
    }
  };
  struct Receiver {
    typename QueueOf<Message>::Consumer end;
    std::size_t receive(Message* messages, std::size_t count) {
      return count == 1 ? std::size_t{end.try_pop(*messages)} : end.try_pop_bulk(messages, count);
    }
  };
  Sender sender() { return {queue.producer()}; }
  Receiver receiver() { return {queue.consumer()}; }
};

/// The same queue behind one literal subject.
template <template <typename> class QueueOf>
struct Behind {
  EventBus<QueueOf> bus{BusOptions{.max_publishers = 1}};
  typename EventBus<QueueOf>::Subscription inbox =
      bus.subscribe("bench.subject", {.capacity = kCapacity, .policy = SlowConsumer::block});
  struct Sender {
    typename EventBus<QueueOf>::Publisher end;
    bool send(Message& message) { return end.try_publish(message); }
    std::size_t send(Message* messages, std::size_t count) {
      return end.try_publish_bulk(messages, count);
    }
  };
  struct Receiver {
    typename EventBus<QueueOf>::Subscription& end;
    std::size_t receive(Message* messages, std::size_t count) { return end.poll(messages, count); }
  };
  Sender sender() { return {bus.publisher("bench.subject")}; }
  Receiver receiver() { return {inbox}; }
};

void expect(const Message& message, std::uint64_t sequence) {
  if (message.sequence == sequence) return;
  fmt::print(stderr, "bus_bench: message {} came where {} was due\n", message.sequence, sequence);
  std::_Exit(1);
}

/// Million messages per second from one core to the other.
template <typename Way, std::size_t kBatch>
double throughput(const Clock& clock) {
  constexpr std::uint64_t kAll = kWarmUp + kTimed;
  Way way;
  std::int64_t start = 0;
  std::int64_t stop = 0;
  on_two_cores(
      [&] {
        auto sender = way.sender();
        std::array<Message, kBatch> batch{};
        for (std::uint64_t next = 0; next < kAll;) {
          for (std::size_t i = 0; i < kBatch; ++i) batch[i].sequence = next + i;
          const std::size_t count = std::min<std::uint64_t>(kBatch, kAll - next);
          for (std::size_t sent = 0; sent < count;) {
            const std::size_t more = kBatch == 1 ? std::size_t{sender.send(batch[0])}
                                                 : sender.send(batch.data() + sent, count - sent);
            sent += more;
            if (more == 0) relax();
          }
          next += count;
        }
      },
      [&] {
        auto receiver = way.receiver();
        std::array<Message, kBatch> batch{};
        for (std::uint64_t next = 0; next < kAll;) {
          const std::size_t count = receiver.receive(batch.data(), kBatch);
          if (count == 0) relax();
          for (std::size_t i = 0; i < count; ++i) expect(batch[i], next + i);
          if (next <= kWarmUp && next + count > kWarmUp) start = clock.now_after_loads();
          next += count;
        }
        stop = clock.now_after_loads();
      });
  return static_cast<double>(kTimed) * 1e3 /
         static_cast<double>(clock.to_nanoseconds(stop - start));
}

/// Median in ns from the due time to the receipt, at 1 million messages per second.
template <typename Way>
double one_way(const Clock& clock) {
  constexpr std::uint64_t kCount = 60'000;
  Way way;
  std::vector<double> latencies(kCount, 0);
  on_two_cores(
      [&] {
        auto sender = way.sender();
        Message message;
        const auto start = clock.now();
        for (; message.sequence < kCount; ++message.sequence) {
          message.due = start + clock.to_ticks(std::chrono::microseconds(message.sequence));
          while (clock.now() < message.due) {
          }
          while (!sender.send(message)) relax();
        }
      },
      [&] {
        auto receiver = way.receiver();
        Message message;
        for (std::uint64_t i = 0; i < kCount; ++i) {
          while (receiver.receive(&message, 1) == 0) relax();
          const std::int64_t ticks = clock.now_after_loads() - message.due;
          latencies[i] = static_cast<double>(clock.to_nanoseconds(ticks));
          expect(message, i);
        }
      });
  latencies.erase(latencies.begin(), latencies.begin() + kCount / 10);
  return median(latencies);
}

using Measure = double (*)(const Clock&);

/// bus/X over queue/X, measured in pairs.
void compare(const Clock& clock, std::string_view name, Measure bare, Measure bus, int pairs) {
  std::vector<double> bare_values, bus_values, ratios, trips;
  int moved = 0;
  for (int i = 0; i < pairs; ++i) {
    const bool bus_first = i % 2 == 0;
    const double before = probe(clock);
    const double first = bus_first ? bus(clock) : bare(clock);
    const double between = probe(clock);
    const double second = bus_first ? bare(clock) : bus(clock);
    const double after = probe(clock);
    const auto [least, most] = std::minmax({before, between, after});
    if (most > 1.5 * least) {
      ++moved;
      continue;
    }
    bare_values.push_back(bus_first ? second : first);
    bus_values.push_back(bus_first ? first : second);
    ratios.push_back(bus_values.back() / bare_values.back());
    trips.push_back(between);
  }
  std::sort(ratios.begin(), ratios.end());
  fmt::print("{:<34} {:>9.1f} {:>9.1f} {:>7.2f}  [{:.2f}..{:.2f}] {:>4} {:>6} {:>6.0f}\n", name,
             median(bare_values), median(bus_values), median(ratios),
             ratios.empty() ? 0 : ratios.front(), ratios.empty() ? 0 : ratios.back(), ratios.size(),
             moved, median(trips));
}

template <template <typename> class QueueOf>
void compare_all(const Clock& clock, std::string_view name, int pairs) {
  using Plain = Bare<QueueOf>;
  using Bus = Behind<QueueOf>;
  compare(clock, fmt::format("{}: Mmsg/s, batch 1", name), throughput<Plain, 1>, throughput<Bus, 1>,
          pairs);
  compare(clock, fmt::format("{}: Mmsg/s, batch 64", name), throughput<Plain, 64>,
          throughput<Bus, 64>, pairs);
  compare(clock, fmt::format("{}: p50 ns at 1M/s", name), one_way<Plain>, one_way<Bus>, pairs);
}

/// ns for one publish and the receipt by all subscribers, on one thread, best of 15 rounds: what
/// else runs on the machine only ever adds.
template <typename Publish, typename Drain>
double cost(const Clock& clock, Publish&& publish, Drain&& drain) {
  constexpr int kMessages = 512;
  double best = 1e12;
  for (int round = 0; round < 15; ++round) {
    const auto start = clock.now();
    for (int i = 0; i < kMessages; ++i) publish();
    drain();
    const double ns = static_cast<double>(clock.to_nanoseconds(clock.now() - start)) / kMessages;
    best = std::min(best, ns);
  }
  return best;
}

template <template <typename> class QueueOf>
double bus_cost(const Clock& clock, EventBus<QueueOf>& bus, std::size_t receivers) {
  std::vector<typename EventBus<QueueOf>::Subscription> inboxes;
  for (std::size_t i = 0; i < receivers; ++i) inboxes.push_back(bus.subscribe("bench.subject"));
  auto publisher = bus.publisher("bench.subject");
  const auto drain = [&] {
    Message message;
    for (auto& inbox : inboxes) {
      while (inbox.poll(&message, 1) == 1) {
      }
    }
  };
  return cost(
      clock, [&] { publisher.try_publish(Message{}); }, drain);
}

/// As many bare queues as receivers, filled one after the other: the floor for the bus.
template <template <typename> class QueueOf>
double queue_cost(const Clock& clock, std::size_t receivers) {
  std::vector<std::unique_ptr<Bare<QueueOf>>> queues;
  std::vector<typename Bare<QueueOf>::Sender> senders;
  std::vector<typename Bare<QueueOf>::Receiver> ends;
  for (std::size_t i = 0; i < receivers; ++i) {
    queues.push_back(std::make_unique<Bare<QueueOf>>());
    senders.push_back(queues.back()->sender());
    ends.push_back(queues.back()->receiver());
  }
  const auto publish = [&] {
    Message message;
    for (auto& sender : senders) sender.send(message);
  };
  const auto drain = [&] {
    Message message;
    for (auto& end : ends) {
      while (end.receive(&message, 1) == 1) {
      }
    }
  };
  return cost(clock, publish, drain);
}

template <typename Bus>
double peer_cost(const Clock& clock, std::size_t receivers) {
  Bus bus;
  const std::string subject = "bench.subject";
  std::vector<LockedInbox*> inboxes;
  for (std::size_t i = 0; i < receivers; ++i) inboxes.push_back(&bus.subscribe(subject));
  const auto drain = [&] {
    Message message;
    for (LockedInbox* inbox : inboxes) {
      while (inbox->pop(message)) {
      }
    }
  };
  return cost(
      clock, [&] { bus.publish(subject, Message{}); }, drain);
}

void compare_peers(const Clock& clock) {
  fmt::print("\npublish and receive on one thread, ns per message\n{:<34} {:>9} {:>9} {:>9}\n", "",
             "1 to 1", "1 to 8", "1 to 64");
  const auto row = [](std::string_view name, auto&& measure) {
    fmt::print("{:<34} {:>9.1f} {:>9.1f} {:>9.1f}\n", name, measure(1), measure(8), measure(64));
  };
  const auto own = [&](auto bus) {
    return [&clock, bus](std::size_t receivers) mutable { return bus_cost(clock, bus, receivers); };
  };
  row("queue/spsc", [&](std::size_t receivers) { return queue_cost<SpscRing>(clock, receivers); });
  row("queue/mpmc", [&](std::size_t receivers) { return queue_cost<MpmcRing>(clock, receivers); });
  row("bus/spsc", own(EventBus<SpscRing>()));
  row("bus/mpmc", own(EventBus<MpmcRing>()));
  row("bus/moodycamel", own(EventBus<MoodycamelQueue>({.max_publishers = 1})));
  row("shared_mutex + unordered_map",
      [&](std::size_t receivers) { return peer_cost<SharedMutexBus>(clock, receivers); });
#if defined(BUSMARK_SIGNALS2)
  row("Boost.Signals2",
      [&](std::size_t receivers) { return peer_cost<SignalBus>(clock, receivers); });
#else
  fmt::print("{:<34} not built: Boost's headers are missing\n", "Boost.Signals2");
#endif
}

/// Patterns of four shapes, all different; those of one `i` match `subject(i)`.
std::string pattern(std::size_t i) {
  switch (i % 4) {
    case 0: return fmt::format("a{}.*.c{}", i % 100, i);
    case 1: return fmt::format("a{}.b{}.>", i % 100, i);
    case 2: return fmt::format("*.b{}.c{}", i, i);
    default: return fmt::format("a{}.*.*.d{}", i % 100, i);
  }
}
std::string subject(std::size_t i) {
  return i % 4 == 3 ? fmt::format("a{}.b{}.c{}.d{}", i % 100, i, i, i)
                    : fmt::format("a{}.b{}.c{}", i % 100, i, i);
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// One row: the bus with n wildcard subscriptions and their inboxes.
void growth(const Clock& clock, std::size_t count, double& warm_at_one) {
  EventBus<SpscRing> bus({.max_publishers = 1});
  const double warm_before = bus_cost(clock, bus, 1);
  if (count == 1) warm_at_one = warm_before;
  SubjectTree tree;
  std::vector<Subscriber> subscribers;
  for (std::size_t i = 0; i < count; ++i) subscribers.emplace_back(i);
  const auto start = clock.now();
  for (std::size_t i = 0; i < count; ++i) tree.insert(pattern(i), subscribers[i]);
  const double insert = static_cast<double>(clock.to_nanoseconds(clock.now() - start));

  std::vector<double> cold;
  MatchResult result;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::string looked_for = subject(i * 7919 % count);
    result.clear();
    const auto before = clock.now();
    {
      const SubjectTree::Snapshot snapshot(tree, 0);
      snapshot.match(looked_for, result);
    }
    cold.push_back(static_cast<double>(clock.to_nanoseconds(clock.now() - before)));
    if (result.plain.empty()) std::_Exit(1);
  }
  std::sort(cold.begin(), cold.end());

  const double resident = resident_bytes();
  std::vector<EventBus<SpscRing>::Subscription> inboxes;
  inboxes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    inboxes.push_back(bus.subscribe(pattern(i), {.capacity = 1}));
  }
  const double with_inbox = (resident_bytes() - resident) / static_cast<double>(count);
  const double warm = bus_cost(clock, bus, 1);
  fmt::print("{:>13} {:>10.0f} {:>10.0f} {:>10.0f} {:>12.1f} {:>12.2f} {:>11.0f} {:>13}\n", count,
             insert / static_cast<double>(count), cold[cold.size() / 2],
             cold[cold.size() * 95 / 100], warm, warm / warm_at_one,
             static_cast<double>(tree.bytes()) / static_cast<double>(count),
             count < 1000 ? "-" : fmt::format("{:.0f}", with_inbox));
}

}  // namespace

/// usage: bus_bench [PAIRS]; 15 when not given. About 20 seconds.
int main(int argc, char** argv) {
  const int pairs = argc == 2 ? std::atoi(argv[1]) : 15;
  if (argc > 2 || pairs <= 0) {
    fmt::print(stderr, "usage: bus_bench [PAIRS]\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // A row as soon as it is measured.
  const Clock clock = Clock::calibrate();
  fmt::print(
      "one literal subscriber, {}-byte messages, capacity {}: bus/X over queue/X\n"
      "{:<34} {:>9} {:>9} {:>7}  {:<12} {:>4} {:>6} {:>6}\n",
      sizeof(Message), kCapacity, "", "queue/X", "bus/X", "ratio", "range", "n", "moved", "line");
  compare_all<SpscRing>(clock, "spsc", pairs);
  compare_all<MpmcRing>(clock, "mpmc", pairs);
  compare_all<MoodycamelQueue>(clock, "moodycamel", pairs);
  compare_peers(clock);
  fmt::print(
      "\nwildcard subscriptions; ns and bytes\n"
      "{:>13} {:>10} {:>10} {:>10} {:>12} {:>12} {:>11} {:>13}\n",
      "subscriptions", "insert", "cold p50", "cold p95", "warm publish", "x that of 1",
      "tree bytes", "with inbox");
  double warm_at_one = 0;
  for (std::size_t count = 1; count <= 1'000'000; count *= 10) growth(clock, count, warm_at_one);
  return 0;
}
