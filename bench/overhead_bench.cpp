// SPDX-License-Identifier: Apache-2.0
//
// What the engine costs: its own loop against a bare hand-written loop with the same queue, message
// and two clock reads, but without audit, recording, pacing statistics and phases. At saturation
// also against one that reads no clock for a message, which tells what the stamps themselves cost:
// an engine that measures latency has to take them. Interleaved (A B, B A, ...), medians of seven
// rounds, with the distance of the cores beside every round.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "machine/affinity.hpp"
#include "machine/probe/witness.hpp"
#include "machine/topology.hpp"

namespace {

using namespace busmark;

constexpr int kRounds = 7;
constexpr Nanoseconds kWarmup = std::chrono::milliseconds(100);
constexpr Nanoseconds kDuration = std::chrono::milliseconds(600);
constexpr double kPacedRate = 100'000;
constexpr std::size_t kCapacity = 4096;
constexpr std::uint32_t kPayload = 16;  // bytes; inline in the message

struct Cores {
  CpuId producer;
  CpuId consumer;
};

struct Figures {
  double rate = 0;       ///< Messages per second at load = "max".
  double unstamped = 0;  ///< The same without clock reads; 0 for the engine.
  double p50_ns = 0;     ///< At kPacedRate.
};

struct BareResult {
  std::uint64_t received = 0;
  std::vector<std::int64_t> latencies;  ///< Ticks; paced runs only.
};

/// Messages between two looks at the clock where they are not stamped.
constexpr std::uint64_t kUnstamped = 256;

/// One producer and one consumer and nothing else. `period_ticks` of 0 is saturation; only there
/// may messages go without stamps.
template <template <typename> class QueueOf, bool kStamped = true>
BareResult run_bare(const Clock& clock, const Cores& cores, double period_ticks) {
  QueueOf<Message> queue(kCapacity);
  BareResult result;
  result.latencies.assign(period_ticks > 0 ? 1'000'000 : 0, 0);
  std::atomic<int> ready{0};
  std::atomic<std::int64_t> start{0};
  std::atomic<bool> produced{false};

  const auto wait_for_start = [&] {
    ready.fetch_add(1);
    while (start.load(std::memory_order_acquire) == 0) relax();
    return start.load();
  };
  std::jthread consumer([&] {
    pin_this_thread(cores.consumer);
    auto endpoint = queue.consumer();
    const std::int64_t measure = wait_for_start() + clock.to_ticks(kWarmup);
    Message message;
    std::uint64_t received = 0;
    std::int64_t sum = 0;
    while (true) {
      if (!endpoint.try_pop(message)) {
        if (!produced.load(std::memory_order_acquire)) {
          relax();
          continue;
        }
        if (!endpoint.try_pop(message)) break;  // nothing can come after this look
      }
      const std::int64_t now = kStamped ? clock.now_after_loads() : message.due;
      sum += now - message.due;
      if (message.due < measure) continue;
      if (received < result.latencies.size()) result.latencies[received] = now - message.due;
      ++received;
    }
    asm volatile("" ::"r"(sum));
    result.received = received;
  });
  std::jthread producer([&] {
    pin_this_thread(cores.producer);
    auto endpoint = queue.producer();
    const std::int64_t begin = wait_for_start();
    const std::int64_t end = begin + clock.to_ticks(kWarmup + kDuration);
    const PayloadPattern payload(kPayload, 1);
    Message message;
    std::int64_t now = 0;
    for (std::uint64_t sequence = 0;; ++sequence) {
      if (kStamped || sequence % kUnstamped == 0) now = clock.now();
      if (period_ticks > 0) {
        const auto due =
            begin + static_cast<std::int64_t>(static_cast<double>(sequence) * period_ticks);
        while (now < due) {
          relax();
          now = clock.now();
        }
        message.due = due;
      } else {
        message.due = now;
      }
      if (now >= end) break;
      message.sent = now;
      message.sequence = sequence;
      message.size = kPayload;
      payload.write_inline(message, sequence);
      while (!endpoint.try_push(std::move(message))) relax();
    }
    produced.store(true, std::memory_order_release);
  });
  while (ready.load() < 2) std::this_thread::yield();
  start.store(clock.now() + clock.to_ticks(std::chrono::milliseconds(1)));
  producer.join();
  consumer.join();
  return result;
}

template <template <typename> class QueueOf>
Figures bare(const Clock& clock, const Cores& cores) {
  Figures figures;
  const double seconds = std::chrono::duration<double>(kDuration).count();
  figures.rate = static_cast<double>(run_bare<QueueOf>(clock, cores, 0).received) / seconds;
  figures.unstamped =
      static_cast<double>(run_bare<QueueOf, false>(clock, cores, 0).received) / seconds;
  BareResult paced = run_bare<QueueOf>(clock, cores, clock.ticks_per_second() / kPacedRate);
  paced.latencies.resize(std::min<std::size_t>(paced.received, paced.latencies.size()));
  const auto middle =
      paced.latencies.begin() + static_cast<std::ptrdiff_t>(paced.latencies.size() / 2);
  std::nth_element(paced.latencies.begin(), middle, paced.latencies.end());
  figures.p50_ns = static_cast<double>(*middle) * 1e9 / clock.ticks_per_second();
  return figures;
}

Figures engine(const TransportEntry& transport, const Clock& clock, const Cores& cores) {
  RepetitionPlan plan;
  plan.scenario.transport = transport.info.name;
  plan.scenario.capacity = kCapacity;
  plan.scenario.payload = {kPayload};
  plan.scenario.warmup = kWarmup;
  plan.scenario.duration = kDuration;
  plan.clock = clock;
  plan.producer_cpus = {cores.producer};
  plan.consumer_cpus = {cores.consumer};
  const StopFlag stop{false};
  LiveProgress live(clock);
  Figures figures;
  plan.scenario.load.rate.reset();
  figures.rate = transport.run(plan, stop, live).received_rate;
  plan.scenario.load.rate = MessageRate{kPacedRate};
  figures.p50_ns =
      static_cast<double>(transport.run(plan, stop, live).response.value_at({500'000}));
  return figures;
}

/// What the two clock reads of a message take away; no goal, they are what is measured with.
void print_stamps(const char* name, std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  fmt::print("{:<18}{:<14}engine/bare {:.3f} [{:.3f} .. {:.3f}]  bare without clock reads\n", name,
             "rate at max", ratios[ratios.size() / 2], ratios.front(), ratios.back());
}

/// One row of the summary: median of the rounds, lowest and highest.
void print_ratio(const char* name, const char* what, std::vector<double> ratios, double goal,
                 bool at_least) {
  std::sort(ratios.begin(), ratios.end());
  const double middle = ratios[ratios.size() / 2];
  fmt::print("{:<18}{:<14}engine/bare {:.3f} [{:.3f} .. {:.3f}]  goal {} {:.2f}  {}\n", name, what,
             middle, ratios.front(), ratios.back(), at_least ? ">=" : "<=", goal,
             (at_least ? middle >= goal : middle <= goal) ? "reached" : "NOT REACHED");
}

template <template <typename> class QueueOf>
void compare(const char* transport_name, const Clock& clock, const Cores& cores) {
  const TransportEntry& transport = *find_transport(transport_name);
  std::vector<double> rate_ratios;
  std::vector<double> unstamped_ratios;
  std::vector<double> p50_ratios;
  for (int round = 0; round < kRounds; ++round) {
    const Witness before = measure_witness(clock, cores.producer, cores.consumer);
    Figures ours;
    Figures theirs;
    if (round % 2 == 0) ours = engine(transport, clock, cores);
    theirs = bare<QueueOf>(clock, cores);
    if (round % 2 == 1) ours = engine(transport, clock, cores);
    const Witness after = measure_witness(clock, cores.producer, cores.consumer);
    rate_ratios.push_back(ours.rate / theirs.rate);
    unstamped_ratios.push_back(ours.rate / theirs.unstamped);
    p50_ratios.push_back(ours.p50_ns / theirs.p50_ns);
    fmt::print(
        "{:<18}round {}  rate {:>6.2f} / {:>6.2f} / {:>6.2f} M/s  p50 at 100k/s {:>4.0f} / "
        "{:>4.0f} ns  "
        "{} ({:.0f} ns) -> {} ({:.0f} ns)\n",
        transport_name, round + 1, ours.rate / 1e6, theirs.rate / 1e6, theirs.unstamped / 1e6,
        ours.p50_ns, theirs.p50_ns, to_string(before.distance()), before.one_way_ns,
        to_string(after.distance()), after.one_way_ns);
    std::fflush(stdout);
  }
  print_ratio(transport_name, "rate at max", rate_ratios, 0.90, true);
  print_stamps(transport_name, unstamped_ratios);
  print_ratio(transport_name, "p50 at 100k/s", p50_ratios, 1.10, false);
}

}  // namespace

/// usage: overhead_bench [counter|system]; the clock that runs take when not given.
int main(int argc, char** argv) {
  const std::string_view asked = argc > 1 ? argv[1] : "";
  if (argc > 2 || (argc == 2 && asked != "counter" && asked != "system")) {
    fmt::print(stderr, "usage: overhead_bench [counter|system]\n");
    return 2;
  }
  const Topology topology = read_topology();
  if (topology.cpus.size() < 2) {
    fmt::print(stderr, "overhead_bench: needs two cores\n");
    return 2;
  }
  const Clock clock = Clock::calibrate(asked == "counter"  ? Clock::Preference::counter
                                       : asked == "system" ? Clock::Preference::system
                                                           : Clock::Preference::automatic);
  const Cores cores{topology.cpus[0].id, topology.cpus[1].id};
  fmt::print("engine / bare, cpu {} -> cpu {}, medians of {} interleaved rounds\n",
             index(cores.producer), index(cores.consumer), kRounds);
  compare<SpscRing>("queue/spsc", clock, cores);
  compare<MoodycamelQueue>("queue/moodycamel", clock, cores);
  compare<MpmcRing>("queue/mpmc", clock, cores);
  return 0;
}
