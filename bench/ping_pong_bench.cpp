// SPDX-License-Identifier: Apache-2.0
// `busmark cores` against a ping-pong written by hand, interleaved. Virtual cores move, so only
// rounds in which both saw the same class are compared.
//
// usage: ping_pong_bench [ROUNDS]
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "machine/affinity.hpp"
#include "verb/cores/measure.hpp"

namespace {

using namespace busmark;

void pin(CpuId cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(index(cpu)), &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

double seconds_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Shares nothing with the engine but the idea: one word, two threads, the system's clock. Median
/// one-way time of 30 blocks in nanoseconds.
double by_hand(CpuId one, CpuId other) {
  constexpr int kBlocks = 30;
  constexpr int kTrips = 500;
  alignas(128) static int word;
  __atomic_store_n(&word, 0, __ATOMIC_SEQ_CST);
  bool ready = false;
  std::thread pong([&] {
    pin(other);
    __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
    for (int trip = 0; trip < kBlocks * kTrips; ++trip) {
      while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) != 2 * trip + 1) {
      }
      __atomic_store_n(&word, 2 * trip + 2, __ATOMIC_RELEASE);
    }
  });
  std::vector<double> blocks;
  std::thread ping([&] {
    pin(one);
    blocks.reserve(kBlocks);
    while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
    }
    int trip = 0;
    for (int block = 0; block < kBlocks; ++block) {
      const double start = seconds_now();
      for (int i = 0; i < kTrips; ++i, ++trip) {
        __atomic_store_n(&word, 2 * trip + 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) != 2 * trip + 2) {
        }
      }
      blocks.push_back((seconds_now() - start) * 1e9 / (2 * kTrips));
    }
  });
  ping.join();
  pong.join();
  std::sort(blocks.begin(), blocks.end());
  return blocks[blocks.size() / 2];
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Compared {
  std::vector<double> cores;
  std::vector<double> hand;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
  const std::vector<CpuId> cpus = allowed_cpus();
  if (rounds < 1 || cpus.size() < 2) {
    std::puts("skipped: needs two cpus, and a number of rounds from 1");
    return 0;
  }
  const std::vector<CpuId> pair{cpus[0], cpus[1]};
  const Clock clock = Clock::calibrate();
  const StopFlag stop{false};
  std::map<Distance, Compared> classes;
  int apart = 0;
  for (int round = 0; round < rounds; ++round) {
    const double before = measure_core_matrix(clock, pair, stop).pairs.front().median_ns;
    const double hand = by_hand(pair[0], pair[1]);
    const double after = measure_core_matrix(clock, pair, stop).pairs.front().median_ns;
    const Distance place = distance_at(before);
    // The cores stayed where they were around the hand-written one, by the witness's own rule.
    if (place != distance_at(hand) || place != distance_at(after) || moved(before, after)) {
      ++apart;
      continue;
    }
    classes[place].cores.push_back((before + after) / 2);
    classes[place].hand.push_back(hand);
  }
  std::printf("cpus %d-%d, %d rounds, %d of them left out: the class changed\n", index(pair[0]),
              index(pair[1]), rounds, apart);
  std::printf("class   rounds  cores ns  by hand ns  ratio\n");
  for (const auto& [place, compared] : classes) {
    const double cores = median(compared.cores);
    const double hand = median(compared.hand);
    std::printf("%-6s  %6zu  %8.1f  %10.1f  %5.3f\n", std::string(to_string(place)).c_str(),
                compared.cores.size(), cores, hand, cores / hand);
  }
  return 0;
}
