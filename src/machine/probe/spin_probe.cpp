// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/spin_probe.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <numeric>
#include <random>
#include <thread>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"

namespace busmark {
namespace {

constexpr std::size_t kMostGaps = 100'000;

/// Adds that wait for each other take one cycle each, whatever the core; the fastest of some blocks
/// is one without interrupt. Operands are registers, as newer cores fold constants away.
double effective_ghz(const Clock& clock) noexcept {
#if defined(__x86_64__) || defined(__aarch64__)
  constexpr int kRounds = 20'000;
  constexpr int kAddsPerRound = 10;
  auto shortest = std::int64_t{1} << 62;
  for (int block = 0; block < 7; ++block) {
    std::uint64_t sum = 0;
    std::uint64_t one = 1;
    const std::int64_t start = clock.now_after_loads();
    for (int i = 0; i < kRounds; ++i) {
#if defined(__x86_64__)
      asm volatile(
          "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
          "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
          : "+r"(sum)
          : "r"(one)
          : "cc");
#else
      asm volatile(
          "add %0, %0, %1\n add %0, %0, %1\n add %0, %0, %1\n add %0, %0, %1\n add %0, %0, %1\n"
          "add %0, %0, %1\n add %0, %0, %1\n add %0, %0, %1\n add %0, %0, %1\n add %0, %0, %1\n"
          : "+r"(sum)
          : "r"(one));
#endif
    }
    shortest = std::min(shortest, clock.to_nanoseconds(clock.now_after_loads() - start));
  }
  return shortest <= 0 ? 0 : double{kRounds} * kAddsPerRound / static_cast<double>(shortest);
#else
  static_cast<void>(clock);
  return 0;
#endif
}

/// The core climbs to its frequency first; a core that starts slow would look like one that drifts.
void warm_up(const Clock& clock) noexcept {
  constexpr Nanoseconds kWarmUp = std::chrono::milliseconds(5);
  const std::int64_t end = clock.now() + clock.to_ticks(kWarmUp);
  while (clock.now() < end) {
  }
}

void spin(const Clock& clock, Nanoseconds duration, SpinProbe& probe) {
  // Touched beforehand: the probe's own page faults would be gaps.
  probe.gaps.resize(kMostGaps);
  warm_up(clock);
  probe.first_ghz = effective_ghz(clock);

  const std::int64_t least = clock.to_ticks(kLeastGap);
  const ResourceUsage before = thread_usage();
  std::size_t kept = 0;
  const std::int64_t start = clock.now_after_loads();
  const std::int64_t end = start + clock.to_ticks(duration);
  std::int64_t last = start;
  while (last < end) {
    const std::int64_t now = clock.now_after_loads();
    if (now - last > least) {
      if (kept < kMostGaps) {
        probe.gaps[kept++] = clock.duration(now - last);
      } else {
        ++probe.gaps_not_kept;
      }
    }
    last = now;
  }
  probe.usage = thread_usage() - before;
  probe.wall = clock.duration(last - start);
  probe.gaps.resize(kept);
  probe.gaps.shrink_to_fit();
  probe.last_ghz = effective_ghz(clock);
}

}  // namespace

std::vector<SpinProbe> spin_probe(const Clock& clock, std::span<const CpuId> cores,
                                  Nanoseconds duration) {
  std::vector<SpinProbe> probes(cores.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < cores.size(); ++i) {
      probes[i].cpu = cores[i];
      threads.emplace_back([&clock, &probe = probes[i], cpu = cores[i], duration] {
        try {
          pin_this_thread(cpu);
          name_this_thread("busmark-probe");
          spin(clock, duration, probe);
        } catch (const std::exception& error) {
          probe.problem = error.what();
        }
      });
    }
  }
  return probes;
}

double share_delayed(const SpinProbe& probe, Nanoseconds limit) noexcept {
  if (probe.wall.count() <= 0) return 0;
  double delayed = 0;
  for (const Nanoseconds gap : probe.gaps) {
    if (gap > limit) delayed += static_cast<double>((gap - limit).count());
  }
  return std::min(1.0, delayed / static_cast<double>(probe.wall.count()));
}

double mean_delay_ns(const SpinProbe& probe) noexcept {
  if (probe.wall.count() <= 0) return 0;
  // Within a gap g a message comes at an even moment and waits g/2, and comes with chance g/wall.
  double sum = 0;
  for (const Nanoseconds gap : probe.gaps) {
    sum += static_cast<double>(gap.count()) * static_cast<double>(gap.count()) / 2;
  }
  return sum / static_cast<double>(probe.wall.count());
}

Nanoseconds longest_gap(const SpinProbe& probe) noexcept {
  return probe.gaps.empty() ? Nanoseconds{}
                            : *std::max_element(probe.gaps.begin(), probe.gaps.end());
}

std::optional<double> memory_latency_ns(const Clock& clock, ByteCount size) {
  struct alignas(kNoSharing) Line {
    std::uint32_t next = 0;
  };
  const std::size_t count = size.bytes / sizeof(Line);
  if (count < 2 || count > std::size_t{1} << 31) return std::nullopt;
  try {
    // One cycle through all lines (Sattolo): no prefetcher foresees it and none is met twice.
    std::vector<Line> lines(count);
    for (std::size_t i = 0; i < count; ++i) lines[i].next = static_cast<std::uint32_t>(i);
    std::minstd_rand random(1);
    for (std::size_t i = count - 1; i > 0; --i) {
      std::swap(lines[i].next, lines[random() % i].next);
    }
    // The median of many short blocks, as other work may take the core for some of them.
    constexpr int kLoads = 10'000;
    std::array<double, 21> blocks{};
    std::uint32_t at = 0;
    for (double& block : blocks) {
      const std::int64_t start = clock.now_after_loads();
      for (int i = 0; i < kLoads; ++i) at = lines[at].next;
      asm volatile("" ::"r"(at));
      block = static_cast<double>(clock.to_nanoseconds(clock.now_after_loads() - start)) / kLoads;
    }
    std::nth_element(blocks.begin(), blocks.begin() + blocks.size() / 2, blocks.end());
    return blocks[blocks.size() / 2];
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

}  // namespace busmark
