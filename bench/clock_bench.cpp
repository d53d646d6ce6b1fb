// SPDX-License-Identifier: Apache-2.0
//
// What a stamp costs: the product's clock beside the bare instructions, read back to back and
// between loads and stores that a stamp may hold up. Decision 15 has what came out.
//
// usage: clock_bench [ROUNDS, default 5]

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fmt/core.h>

#include "busmark/base/clock.hpp"

namespace busmark {
namespace {

constexpr int kReads = 5'000;
using Cells = std::array<std::uint64_t, 4096>;

/// Median nanoseconds of one call of `turn(i)`.
template <typename Turn>
double cost_of(const Clock& system, Turn turn) {
  std::array<double, 41> blocks{};
  for (double& block : blocks) {
    const std::int64_t start = system.now();
    for (std::size_t i = 0; i < kReads; ++i) turn(i);
    block = static_cast<double>(system.now() - start) / kReads;
  }
  std::nth_element(blocks.begin(), blocks.begin() + blocks.size() / 2, blocks.end());
  return blocks[blocks.size() / 2];
}

template <typename Read>
void row(const Clock& system, const char* name, Read read) {
  const double bare = cost_of(system, [&](std::size_t) {
    const std::int64_t value = read();
    asm volatile("" ::"r"(value));
  });
  static Cells cells;
  std::uint64_t chain = 1;
  const double busy = cost_of(system, [&](std::size_t i) {
    for (std::size_t k = 0; k < 8; ++k) chain += cells[(chain * 7 + k) % cells.size()];
    cells[i % cells.size()] = static_cast<std::uint64_t>(read()) & 1U;
    for (std::size_t k = 0; k < 8; ++k) cells[(i * 3 + k) % cells.size()] ^= k;
  });
  asm volatile("" ::"r"(chain));
  fmt::print("{:<28}{:>10.2f}{:>10.2f}\n", name, bare, busy);
}

void round(const Clock& clock, const Clock& system) {
  row(system, "nothing", [] { return std::int64_t{1}; });
  row(system, "Clock::now", [&] { return clock.now(); });
  row(system, "Clock::now_after_loads", [&] { return clock.now_after_loads(); });
#if defined(__x86_64__)
  row(system, "bare rdtsc", [] { return static_cast<std::int64_t>(__builtin_ia32_rdtsc()); });
  row(system, "bare lfence; rdtsc", [] {
    __builtin_ia32_lfence();
    return static_cast<std::int64_t>(__builtin_ia32_rdtsc());
  });
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (d & 1U << 27) != 0) {
    row(system, "bare rdtscp", [] {
      unsigned cpu = 0;
      return static_cast<std::int64_t>(__builtin_ia32_rdtscp(&cpu));
    });
  }
#endif
  row(system, "clock_gettime", [&] { return system.now(); });
}

}  // namespace
}  // namespace busmark

int main(int argc, char** argv) {
  using namespace busmark;
  const Clock clock = Clock::calibrate();
  const Clock system = Clock::calibrate(Clock::Preference::system);
  fmt::print("clock: {} ({}), ns per read\n", to_string(clock.info().source), clock.info().reason);
  for (int i = 0; i < (argc > 1 ? std::atoi(argv[1]) : 5); ++i) {
    fmt::print("{:<28}{:>10}{:>10}\n", "", "alone", "in work");
    round(clock, system);
  }
}
