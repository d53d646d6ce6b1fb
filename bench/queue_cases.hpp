// SPDX-License-Identifier: Apache-2.0
// What `queue_bench` and `peers_bench` have in common. One producer is pinned to CPU 0 and one
// consumer to CPU 1. Rounds are interleaved, the order of the queues rotates, and each case stands
// between two probes of the distance of the cores, which on virtual machines changes while nobody
// looks: only cases of one distance are compared. Run it on an otherwise idle machine.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/clock.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/bus/message.hpp"

#include "two_cores.hpp"

namespace busmark::queue_cases {

constexpr std::size_t kCapacity = 1024;
constexpr std::uint64_t kWarmUp = 50'000;  ///< Messages before the timed span.
constexpr std::uint64_t kTimed = 500'000;  ///< Messages in the timed span.
constexpr std::chrono::milliseconds kPacedSpan{100};

/// What is measured, in the order of the table.
enum class Case { single, batched, slow, fast, tight };
constexpr std::array kCases{Case::single, Case::batched, Case::slow, Case::fast, Case::tight};

inline std::string_view title(Case which) {
  switch (which) {
    case Case::single: return "throughput, batch 1 [million messages/s]";
    case Case::batched: return "throughput, batch 64 [million messages/s]";
    case Case::slow: return "one-way p50, 100k/s [ns]";
    case Case::fast: return "one-way p50, 1M/s [ns]";
    case Case::tight: return "one-way p50, 1M/s, no pause between two looks [ns]";
  }
  return "";
}
constexpr bool is_rate(Case which) { return which == Case::single || which == Case::batched; }

/// Where the cores stood: `moved` when the probes before and after a case disagree.
enum class Distance { close, near, far, moved };
constexpr std::array kDistances{Distance::close, Distance::near, Distance::far, Distance::moved};
constexpr std::array<std::string_view, 4> kDistanceNames{"close", "near", "far", "moved"};

/// The limits are those of the machine this was written on, where nothing lies near them.
inline Distance classify(double trip) {
  return trip < 55 ? Distance::close : trip < 230 ? Distance::near : Distance::far;
}

// An item is a message, or a word that carries its number alone.

inline void number(Message& item, std::uint64_t sequence) { item.sequence = sequence; }
inline void number(std::uint64_t& item, std::uint64_t sequence) { item = sequence; }
inline std::uint64_t number_of(const Message& item) { return item.sequence; }
inline std::uint64_t number_of(std::uint64_t item) { return item; }

template <typename Item>
void expect(const Item& item, std::uint64_t sequence) {
  if (number_of(item) == sequence) [[likely]]
    return;
  fmt::print(stderr, "message {} came where {} was due\n", number_of(item), sequence);
  std::_Exit(1);
}

/// Million messages per second between the first and the last pop of the timed span.
template <typename Q, std::size_t kBatch>
double throughput(const Clock& clock) {
  constexpr std::uint64_t kAll = kWarmUp + kTimed;
  Q queue(kCapacity);
  std::int64_t start = 0;
  std::int64_t stop = 0;
  on_two_cores(
      [&] {
        auto producer = queue.producer();
        std::array<typename Q::value_type, kBatch> batch{};
        for (std::uint64_t next = 0; next < kAll;) {
          for (std::size_t i = 0; i < kBatch; ++i) number(batch[i], next + i);
          if constexpr (kBatch == 1) {
            while (!producer.try_push(std::move(batch[0]))) relax();
            ++next;
          } else {
            const std::size_t count = std::min<std::uint64_t>(kBatch, kAll - next);
            std::size_t pushed = 0;
            while (pushed < count) {
              const auto n = producer.try_push_bulk(batch.data() + pushed, count - pushed);
              pushed += n;
              if (n == 0) relax();
            }
            next += count;
          }
        }
      },
      [&] {
        auto consumer = queue.consumer();
        std::array<typename Q::value_type, kBatch> batch{};
        for (std::uint64_t next = 0; next < kAll;) {
          const std::size_t count = kBatch == 1 ? std::size_t{consumer.try_pop(batch[0])}
                                                : consumer.try_pop_bulk(batch.data(), kBatch);
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

/// Median of received minus due, in ns, at a constant rate; the first tenth is warm-up. Due times
/// are known to both sides, so an item need not carry its own.
template <typename Q, bool kPause>
double one_way(const Clock& clock, Nanoseconds period) {
  const auto count = static_cast<std::uint64_t>(Nanoseconds(kPacedSpan) / period);
  Q queue(kCapacity);
  std::vector<std::int64_t> received(count, 0);
  std::int64_t start = 0;
  const auto due = [&](std::uint64_t i) {
    return clock.to_ticks(period * static_cast<std::int64_t>(i));
  };
  on_two_cores(
      [&] {
        auto producer = queue.producer();
        typename Q::value_type item{};
        start = clock.now();
        for (std::uint64_t i = 0; i < count; ++i) {
          number(item, i);
          const std::int64_t leave = start + due(i);
          while (clock.now() < leave) {
          }
          while (!producer.try_push(std::move(item))) relax();
        }
      },
      [&] {
        auto consumer = queue.consumer();
        typename Q::value_type item{};
        for (std::uint64_t i = 0; i < count; ++i) {
          while (!consumer.try_pop(item)) {
            if constexpr (kPause) relax();
          }
          received[i] = clock.now_after_loads();
          expect(item, i);
        }
      });
  std::vector<double> latencies;
  for (std::uint64_t i = count / 10; i < count; ++i) {
    latencies.push_back(static_cast<double>(clock.to_nanoseconds(received[i] - start - due(i))));
  }
  return median(std::move(latencies));
}

template <typename Q>
double measure(const Clock& clock, Case which) {
  switch (which) {
    case Case::single: return throughput<Q, 1>(clock);
    case Case::batched: return throughput<Q, 64>(clock);
    case Case::slow: return one_way<Q, true>(clock, std::chrono::microseconds(10));
    case Case::fast: return one_way<Q, true>(clock, std::chrono::microseconds(1));
    case Case::tight: return one_way<Q, false>(clock, std::chrono::microseconds(1));
  }
  return 0;
}

struct Entry {
  std::string_view name;
  std::function<double(const Clock&, Case)> measure;
};

template <typename... Q>
std::vector<Entry> entries(std::tuple<Q...>* /*queues*/) {
  return {Entry{Q::kInfo.name, measure<Q>}...};
}

/// Values of one queue, by where the cores stood.
using Samples = std::map<std::pair<std::string_view, Distance>, std::vector<double>>;

/// The best of `peers` at one distance; 0 when none was measured there.
inline double best_of(std::span<const std::string_view> peers, Case which, Distance distance,
                      const Samples& samples) {
  double best = 0;
  for (const std::string_view peer : peers) {
    const auto found = samples.find({peer, distance});
    if (found == samples.end()) continue;
    const double value = median(found->second);
    if (best == 0 || (is_rate(which) ? value > best : value < best)) best = value;
  }
  return best;
}

inline void print_case(Case which, const std::vector<Entry>& queues,
                       std::span<const std::string_view> peers, const Samples& samples) {
  fmt::print("\n{}\n{:<18} {:<6} {:>3} {:>9} {:>9} {:>9}  {}\n", title(which), "queue", "cores",
             "n", "median", "least", "most",
             peers.size() == 1 ? fmt::format("x {}", peers.front()) : "x best peer");
  for (const Distance distance : kDistances) {
    const double base = best_of(peers, which, distance, samples);
    for (const Entry& queue : queues) {
      const auto found = samples.find({queue.name, distance});
      if (found == samples.end()) continue;
      const auto [least, most] = std::minmax_element(found->second.begin(), found->second.end());
      const double middle = median(found->second);
      fmt::print(
          "{:<18} {:<6} {:>3} {:>9.1f} {:>9.1f} {:>9.1f}  {}\n", queue.name,
          kDistanceNames[static_cast<std::size_t>(distance)], found->second.size(), middle, *least,
          *most,
          base != 0 && distance != Distance::moved ? fmt::format("{:.2f}", middle / base) : "-");
    }
  }
}

/// Measures `queues` in `rounds` rounds and prints one table for each case.
inline void compare(const Clock& clock, const std::vector<Entry>& queues,
                    std::span<const std::string_view> peers, unsigned rounds) {
  std::map<Case, Samples> samples;
  std::map<Distance, std::vector<double>> trips;
  for (unsigned round = 0; round < rounds; ++round) {
    for (const Case which : kCases) {
      for (std::size_t i = 0; i < queues.size(); ++i) {
        const Entry& queue = queues[(i + round) % queues.size()];
        const double before = probe(clock);
        const double value = queue.measure(clock, which);
        const double after = probe(clock);
        const bool moved = classify(before) != classify(after) ||
                           std::max(before, after) > std::min(before, after) * 1.5;
        const Distance distance = moved ? Distance::moved : classify(before);
        samples[which][{queue.name, distance}].push_back(value);
        if (!moved) trips[distance].push_back(before);
      }
    }
  }
  for (const auto& [distance, values] : trips) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    fmt::print("cores {}: round trip of a cache line {:.0f} ns [{:.0f}..{:.0f}]\n",
               kDistanceNames[static_cast<std::size_t>(distance)], median(values), *least, *most);
  }
  for (const Case which : kCases) print_case(which, queues, peers, samples[which]);
}

/// The only argument of both programs; 7 when it is not given. Ends the process when it is wrong.
inline unsigned rounds_of(int argc, char** argv, std::string_view program) {
  unsigned rounds = 7;
  if (argc == 1) return rounds;
  const std::string_view text = argv[1];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rounds);
  if (error == std::errc{} && end == text.data() + text.size() && rounds != 0 && argc == 2) {
    return rounds;
  }
  fmt::print(stderr, "usage: {} [ROUNDS]\n", program);
  std::exit(2);
}

}  // namespace busmark::queue_cases
