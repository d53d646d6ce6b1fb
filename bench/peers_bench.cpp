// SPDX-License-Identifier: Apache-2.0
// Our queues beside those of others whose headers are installed: one producer and one consumer with
// items of 64 and of 8 bytes (how: queue_cases.hpp), then crowds of both on the same two cores.
#include <sched.h>

#include <atomic>
#include <thread>

#include "busmark/queue/all_queues.hpp"

#include "queue_cases.hpp"
#include "queue_peers.hpp"

using namespace busmark;
using namespace busmark::queue_cases;

namespace {

/// Tuples of queues cannot be made, only named.
template <typename... Q, typename... P>
std::vector<Entry> both(std::tuple<Q...>* ours, std::tuple<P...>* peers) {
  std::vector<Entry> all = entries(ours);
  for (Entry& peer : entries(peers)) all.push_back(std::move(peer));
  return all;
}

/// All but our own rings.
std::vector<std::string_view> peers_among(const std::vector<Entry>& queues) {
  std::vector<std::string_view> names;
  for (const Entry& queue : queues) {
    if (queue.name != "spsc" && queue.name != "mpmc") names.push_back(queue.name);
  }
  return names;
}

template <typename Item>
void pairs(const Clock& clock, unsigned rounds) {
  fmt::print("\n== {}-byte items, 1 producer on CPU 0, 1 consumer on CPU 1\n", sizeof(Item));
  const auto queues =
      both(static_cast<AllQueues<Item>*>(nullptr), static_cast<peers::All<Item>*>(nullptr));
  compare(clock, queues, peers_among(queues), rounds);
}

/// How many threads of each kind; thread i of either kind alternates between the two cores.
struct Crowd {
  unsigned producers;
  unsigned consumers;
};
constexpr std::array<Crowd, 4> kCrowds{{{1, 1}, {2, 1}, {1, 2}, {2, 2}}};

/// Gives the core away after some looks in vain: with more threads than cores the other side may
/// be waiting for it.
class Patience {
 public:
  void lost() noexcept {
    if (++looks_ < kLooks) return relax();
    sched_yield();
  }
  void won() noexcept { looks_ = 0; }

 private:
  static constexpr int kLooks = 100;
  int looks_ = 0;
};

/// Million messages per second over all threads, from the gate to the last message. Adds to
/// `disordered` what a consumer got of a producer after something that was sent later.
template <typename Q>
double crowd(const Clock& clock, Crowd threads, std::atomic<std::uint64_t>& disordered) {
  constexpr std::uint64_t kAll = 400'000;
  const std::uint64_t each = kAll / threads.producers;
  Q queue(kCapacity, threads.producers);
  std::atomic<unsigned> ready{0};
  std::atomic<std::uint64_t> left{each * threads.producers};
  std::vector<std::thread> all;
  const auto start = [&](unsigned cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    ready.fetch_add(1);
    while (ready.load() <= threads.producers + threads.consumers) sched_yield();
  };
  for (unsigned self = 0; self < threads.producers; ++self) {
    all.emplace_back([&, self] {
      auto producer = queue.producer();
      start(self % 2);
      Message message;
      message.producer = static_cast<std::uint16_t>(self);
      Patience patience;
      for (std::uint64_t i = 0; i < each; ++i) {
        message.sequence = i;
        while (!producer.try_push(std::move(message))) patience.lost();
        patience.won();
      }
    });
  }
  for (unsigned self = 0; self < threads.consumers; ++self) {
    all.emplace_back([&, self] {
      auto consumer = queue.consumer();
      start((self + 1) % 2);
      std::vector<std::uint64_t> next(threads.producers);
      Message message;
      Patience patience;
      std::uint64_t untold = 0;  // seldom told, so that the books are not what is measured
      while (true) {
        if (consumer.try_pop(message)) {
          if (message.sequence < next[message.producer]) disordered.fetch_add(1);
          next[message.producer] = message.sequence + 1;
          patience.won();
          if (++untold < 64) continue;
        } else {
          patience.lost();
        }
        if (left.fetch_sub(untold) == untold) return;
        untold = 0;
      }
    });
  }
  while (ready.load() != threads.producers + threads.consumers) sched_yield();
  const std::int64_t begin = clock.now();
  ready.fetch_add(1);
  for (std::thread& thread : all) thread.join();
  return static_cast<double>(kAll) * 1e3 /
         static_cast<double>(clock.to_nanoseconds(clock.now() - begin));
}

struct CrowdEntry {
  std::string_view name;
  std::function<double(const Clock&, Crowd, std::atomic<std::uint64_t>&)> measure;
};

template <typename... Q>
void add_crowds(std::vector<CrowdEntry>& to, std::tuple<Q...>* /*queues*/) {
  const auto add = [&]<typename One>(One* /*queue*/) {
    if (One::kInfo.max_producers == 0 && One::kInfo.max_consumers == 0) {
      to.push_back({One::kInfo.name, crowd<One>});
    }
  };
  (add(static_cast<Q*>(nullptr)), ...);
}

void crowds(const Clock& clock, unsigned rounds) {
  std::vector<CrowdEntry> queues;
  add_crowds(queues, static_cast<AllQueues<Message>*>(nullptr));
  add_crowds(queues, static_cast<peers::All<Message>*>(nullptr));
  fmt::print("\n== producers and consumers on two cores, 64-byte messages, batch 1\n");
  for (const Crowd threads : kCrowds) {
    std::map<std::string_view, std::vector<double>> rates;
    std::map<std::string_view, std::atomic<std::uint64_t>> disordered;
    for (unsigned round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < queues.size(); ++i) {
        const CrowdEntry& queue = queues[(i + round) % queues.size()];
        rates[queue.name].push_back(queue.measure(clock, threads, disordered[queue.name]));
      }
    }
    fmt::print("\n{}P{}C [million messages/s], n {}\n{:<18} {:>9} {:>9} {:>9}\n", threads.producers,
               threads.consumers, rounds, "queue", "median", "least", "most");
    for (const CrowdEntry& queue : queues) {
      const auto& values = rates[queue.name];
      const auto [least, most] = std::minmax_element(values.begin(), values.end());
      fmt::print(
          "{:<18} {:>9.1f} {:>9.1f} {:>9.1f}{}\n", queue.name, median(values), *least, *most,
          disordered[queue.name].load() == 0
              ? ""
              : fmt::format("  {} out of their producer's order", disordered[queue.name].load()));
    }
  }
}

}  // namespace

/// usage: peers_bench [ROUNDS]; 7 when not given, which takes about two minutes.
int main(int argc, char** argv) {
  const unsigned rounds = rounds_of(argc, argv, "peers_bench");
  const Clock clock = Clock::calibrate();
  fmt::print("{} rounds, spinning, capacity {}\n", rounds, kCapacity);
  pairs<Message>(clock, rounds);
  pairs<std::uint64_t>(clock, rounds);
  crowds(clock, rounds);
  return 0;
}
