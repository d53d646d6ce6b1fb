// SPDX-License-Identifier: Apache-2.0
// Our queues side by side, one producer pinned to CPU 0 and one consumer to CPU 1, with the 64-byte
// Message. Rounds are interleaved, the order of the queues rotates, and each case stands between
// two probes of the distance of the cores, which on virtual machines changes while nobody looks:
// only cases of one distance are compared. Run it on an otherwise idle machine.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/clock.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/bus/message.hpp"
#include "busmark/queue/all_queues.hpp"

using namespace busmark;

namespace {

constexpr std::size_t kCapacity = 1024;
constexpr std::uint64_t kWarmUp = 50'000;  ///< Messages before the timed span.
constexpr std::uint64_t kTimed = 500'000;  ///< Messages in the timed span.
constexpr std::chrono::milliseconds kPacedSpan{100};

/// What is measured, in the order of the table.
enum class Case { single, batched, slow, fast };
constexpr std::array kCases{Case::single, Case::batched, Case::slow, Case::fast};

std::string_view title(Case which) {
  switch (which) {
    case Case::single: return "throughput, batch 1 [million messages/s]";
    case Case::batched: return "throughput, batch 64 [million messages/s]";
    case Case::slow: return "one-way p50, 100k/s [ns]";
    case Case::fast: return "one-way p50, 1M/s [ns]";
  }
  return "";
}

/// One figure with where the cores stood: `moved` when the two probes disagree.
enum class Distance { close, near, far, moved };
constexpr std::array<std::string_view, 4> kDistanceNames{"close", "near", "far", "moved"};

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set); error != 0) {
    fmt::print(stderr, "queue_bench: cannot pin to CPU {}: {}\n", cpu, std::strerror(error));
    std::exit(2);
  }
}

/// Runs one function on CPU 0 and one on CPU 1, both let go at once.
template <typename First, typename Second>
void on_two_cores(First&& first, Second&& second) {
  std::atomic<int> ready{0};
  const auto gate = [&](int cpu) {
    pin(cpu);
    ready.fetch_add(1);
    while (ready.load() != 2) relax();
  };
  std::thread producer([&] {
    gate(0);
    first();
  });
  std::thread consumer([&] {
    gate(1);
    second();
  });
  producer.join();
  consumer.join();
}

/// Mean round trip of one cache line in ns.
std::int64_t probe(const Clock& clock) {
  constexpr std::uint32_t kTrips = 5'000;
  alignas(kNoSharing) std::atomic<std::uint32_t> line{0};
  std::int64_t elapsed = 0;
  on_two_cores(
      [&] {
        const auto start = clock.now();
        for (std::uint32_t i = 0; i < kTrips; ++i) {
          line.store(2 * i + 1);
          while (line.load() != 2 * i + 2) {
          }
        }
        elapsed = clock.now() - start;
      },
      [&] {
        for (std::uint32_t i = 0; i < kTrips; ++i) {
          while (line.load() != 2 * i + 1) {
          }
          line.store(2 * i + 2);
        }
      });
  return clock.to_nanoseconds(elapsed) / kTrips;
}

/// The limits are those of the machine this was written on, where nothing lies near them.
Distance classify(std::int64_t trip) {
  return trip < 55 ? Distance::close : trip < 230 ? Distance::near : Distance::far;
}

void expect(const Message& message, std::uint64_t sequence) {
  if (message.sequence == sequence) return;
  fmt::print(stderr, "queue_bench: message {} came where {} was due\n", message.sequence, sequence);
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
        std::array<Message, kBatch> batch{};
        for (std::uint64_t next = 0; next < kAll;) {
          for (std::size_t i = 0; i < kBatch; ++i) batch[i].sequence = next + i;
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
        std::array<Message, kBatch> batch{};
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

/// Median of received minus due, in ns, at a constant rate; the first tenth is warm-up.
template <typename Q>
double one_way(const Clock& clock, Nanoseconds period) {
  const auto count = static_cast<std::uint64_t>(Nanoseconds(kPacedSpan) / period);
  Q queue(kCapacity);
  std::vector<std::int64_t> latencies(count, 0);
  on_two_cores(
      [&] {
        auto producer = queue.producer();
        Message message;
        const auto start = clock.now();
        for (std::uint64_t i = 0; i < count; ++i) {
          message.sequence = i;
          message.due = start + clock.to_ticks(period * static_cast<std::int64_t>(i));
          while (clock.now() < message.due) {
          }
          while (!producer.try_push(std::move(message))) relax();
        }
      },
      [&] {
        auto consumer = queue.consumer();
        Message message;
        for (std::uint64_t i = 0; i < count; ++i) {
          while (!consumer.try_pop(message)) relax();
          latencies[i] = clock.now_after_loads() - message.due;
          expect(message, i);
        }
      });
  latencies.erase(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(count / 10));
  const auto middle = latencies.begin() + static_cast<std::ptrdiff_t>(latencies.size() / 2);
  std::nth_element(latencies.begin(), middle, latencies.end());
  return static_cast<double>(clock.to_nanoseconds(*middle));
}

template <typename Q>
double measure(const Clock& clock, Case which) {
  switch (which) {
    case Case::single: return throughput<Q, 1>(clock);
    case Case::batched: return throughput<Q, 64>(clock);
    case Case::slow: return one_way<Q>(clock, std::chrono::microseconds(10));
    case Case::fast: return one_way<Q>(clock, std::chrono::microseconds(1));
  }
  return 0;
}

struct Entry {
  std::string_view name;
  std::function<double(const Clock&, Case)> measure;
};

template <typename... Q>
std::vector<Entry> entries(std::tuple<Q...>*) {
  return {Entry{Q::kInfo.name, measure<Q>}...};
}

using Samples = std::map<std::pair<std::string_view, Distance>, std::vector<double>>;

double median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void print_case(Case which, const std::vector<Entry>& queues, Samples& samples) {
  fmt::print("\n{}\n{:<12} {:<6} {:>3} {:>9} {:>9} {:>9}  {}\n", title(which), "queue", "cores",
             "n", "median", "least", "most", "x moodycamel");
  for (const auto distance : {Distance::close, Distance::near, Distance::far, Distance::moved}) {
    for (const auto& queue : queues) {
      auto& values = samples[{queue.name, distance}];
      if (values.empty()) continue;
      const double middle = median(values);
      auto& base = samples[{"moodycamel", distance}];
      const bool comparable = !base.empty() && distance != Distance::moved;
      fmt::print("{:<12} {:<6} {:>3} {:>9.1f} {:>9.1f} {:>9.1f}  {}\n", queue.name,
                 kDistanceNames[static_cast<std::size_t>(distance)], values.size(), middle,
                 values.front(), values.back(),
                 comparable ? fmt::format("{:.2f}", middle / median(base)) : "-");
    }
  }
}

}  // namespace

/// usage: queue_bench [ROUNDS]; 7 when not given, which takes about 15 seconds.
int main(int argc, char** argv) {
  unsigned rounds = 7;
  if (argc > 1) {
    const std::string_view text = argv[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rounds);
    if (error != std::errc{} || end != text.data() + text.size() || rounds == 0 || argc > 2) {
      fmt::print(stderr, "usage: queue_bench [ROUNDS]\n");
      return 2;
    }
  }
  const Clock clock = Clock::calibrate();
  const auto queues = entries(static_cast<AllQueues<Message>*>(nullptr));
  std::map<Case, Samples> samples;
  std::map<Distance, std::vector<double>> trips;
  for (unsigned round = 0; round < rounds; ++round) {
    for (const Case which : kCases) {
      for (std::size_t i = 0; i < queues.size(); ++i) {
        const auto& queue = queues[(i + round) % queues.size()];
        const auto before = probe(clock);
        const double value = queue.measure(clock, which);
        const auto after = probe(clock);
        const bool moved = classify(before) != classify(after) ||
                           std::max(before, after) > std::min(before, after) * 3 / 2;
        const Distance distance = moved ? Distance::moved : classify(before);
        samples[which][{queue.name, distance}].push_back(value);
        if (!moved) trips[distance].push_back(static_cast<double>(before));
      }
    }
  }
  fmt::print(
      "{} rounds, 1 producer on CPU 0, 1 consumer on CPU 1, spinning; {}-byte messages, "
      "capacity {}\n",
      rounds, sizeof(Message), kCapacity);
  for (auto& [distance, values] : trips) {
    const double middle = median(values);
    fmt::print("cores {}: round trip of a cache line {:.0f} ns [{:.0f}..{:.0f}]\n",
               kDistanceNames[static_cast<std::size_t>(distance)], middle, values.front(),
               values.back());
  }
  for (const Case which : kCases) print_case(which, queues, samples[which]);
  return 0;
}
