// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/clock.hpp"
#include "busmark/base/wait.hpp"

namespace busmark {

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Runs one function on CPU 0 and one on CPU 1, both let go at once.
template <typename First, typename Second>
void on_two_cores(First&& first, Second&& second) {
  std::atomic<int> ready{0};
  const auto gate = [&](std::size_t cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    ready.fetch_add(1);
    while (ready.load() != 2) relax();
  };
  std::thread producer([&] { gate(0), first(); });
  std::thread consumer([&] { gate(1), second(); });
  producer.join();
  consumer.join();
}

/// Mean round trip of one cache line between the two cores, in ns.
inline double probe(const Clock& clock) {
  constexpr std::uint32_t kTrips = 5'000;
  alignas(kNoSharing) std::atomic<std::uint32_t> line{0};
  std::int64_t elapsed = 0;
  const auto bounce = [&line](std::uint32_t first) {
    for (std::uint32_t i = 0; i < kTrips; ++i) {
      while (line.load() != 2 * i + first) {
      }
      line.store(2 * i + first + 1);
    }
  };
  on_two_cores(
      [&] {
        const auto start = clock.now();
        bounce(0);
        elapsed = clock.now() - start;
      },
      [&] { bounce(1); });
  return static_cast<double>(clock.to_nanoseconds(elapsed)) / kTrips;
}

}  // namespace busmark
