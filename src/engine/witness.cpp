// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/witness.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <thread>

#include "busmark/core/affinity.hpp"
#include "busmark/core/cache_line.hpp"
#include "busmark/core/wait.hpp"

namespace busmark {
namespace {

constexpr int kBlocks = 15;
constexpr int kRoundsPerBlock = 200;
constexpr int kOffsetRounds = 500;
constexpr std::uint64_t kRounds = std::uint64_t{kBlocks} * kRoundsPerBlock + kOffsetRounds;

/// The line that is bounced: odd numbers are for the responder, even ones for the caller. The
/// responder's clock travels on the same line.
struct alignas(kNoSharing) Ball {
  std::atomic<std::uint64_t> turn{0};
  std::int64_t stamp = 0;
};

/// Waits for the other side; gives the core away now and then in case both share one.
void await(const std::atomic<std::uint64_t>& turn, std::uint64_t wanted) noexcept {
  for (int looks = 1; turn.load(std::memory_order_acquire) != wanted; ++looks) {
    if (looks % 100'000 == 0) sched_yield();
  }
}

void respond(Ball& ball, const Clock& clock) noexcept {
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    await(ball.turn, 2 * round + 1);
    if (round >= kRounds - kOffsetRounds) ball.stamp = clock.now_after_loads();
    ball.turn.store(2 * round + 2, std::memory_order_release);  // pairs with the acquire in await
  }
}

void bounce(Ball& ball, std::uint64_t round) noexcept {
  ball.turn.store(2 * round + 1, std::memory_order_release);  // pairs with the acquire in await
  await(ball.turn, 2 * round + 2);
}

Witness call(Ball& ball, const Clock& clock) noexcept {
  Witness witness;
  std::array<double, kBlocks> blocks{};
  std::uint64_t round = 0;
  for (double& block : blocks) {
    const std::int64_t start = clock.now_after_loads();
    for (int i = 0; i < kRoundsPerBlock; ++i) bounce(ball, round++);
    block = static_cast<double>(clock.to_nanoseconds(clock.now_after_loads() - start)) /
            (2.0 * kRoundsPerBlock);
  }
  std::nth_element(blocks.begin(), blocks.begin() + kBlocks / 2, blocks.end());
  witness.one_way_ns = blocks[kBlocks / 2];

  // The other clock was read between our two reads; the shortest round trip bounds it best.
  auto shortest = std::numeric_limits<std::int64_t>::max();
  for (; round < kRounds; ++round) {
    const std::int64_t before = clock.now_after_loads();
    bounce(ball, round);
    const std::int64_t after = clock.now_after_loads();
    if (after - before < shortest) {
      shortest = after - before;
      const std::int64_t middle = before + shortest / 2;
      witness.clock_offset_ns = static_cast<double>(clock.to_nanoseconds(ball.stamp - middle));
      witness.clock_bound_ns = static_cast<double>(clock.to_nanoseconds(shortest)) / 2;
    }
  }
  return witness;
}

}  // namespace

std::string_view to_string(Distance distance) noexcept {
  switch (distance) {
    case Distance::same_cpu: return "same cpu";
    case Distance::close: return "close";
    case Distance::near: return "near";
    case Distance::far: return "far";
  }
  return "unknown";
}

Distance Witness::distance() const noexcept {
  // Between the three levels that one pair of virtual CPUs showed: about 20, 42 and 165 ns.
  if (from == to) return Distance::same_cpu;
  if (one_way_ns < 28) return Distance::close;
  return one_way_ns < 115 ? Distance::near : Distance::far;
}

double clock_skew_ns(const Witness& witness) noexcept {
  return std::max(0.0, std::abs(witness.clock_offset_ns) - witness.clock_bound_ns);
}

bool moved(const Witness& before, const Witness& after) noexcept {
  constexpr double kMoreThanNoise = 1.5;
  if (before.from == before.to) return false;
  const auto [low, high] = std::minmax(before.one_way_ns, after.one_way_ns);
  return high > low * kMoreThanNoise;
}

Witness measure_witness(const Clock& clock, CpuId from, CpuId to) {
  Witness witness;
  if (from != to) {
    Ball ball;
    std::atomic<int> pinned{0};
    std::array<std::exception_ptr, 2> errors;
    // Both pin themselves before either plays, so a core that cannot be used hangs nobody.
    const auto ready = [&](CpuId cpu, std::exception_ptr& error) {
      try {
        pin_this_thread(cpu);
      } catch (...) {
        error = std::current_exception();
      }
      pinned.fetch_add(1);
      while (pinned.load() < 2) sched_yield();
      return errors[0] == nullptr && errors[1] == nullptr;
    };
    {
      const std::jthread responder([&] {
        if (ready(to, errors[0])) respond(ball, clock);
      });
      const std::jthread caller([&] {
        if (ready(from, errors[1])) witness = call(ball, clock);
      });
    }
    for (const std::exception_ptr& error : errors) {
      if (error != nullptr) std::rethrow_exception(error);
    }
  }
  witness.from = from;
  witness.to = to;
  return witness;
}

Witness measure_witness(const Clock& clock, std::span<const CpuId> producers,
                        std::span<const CpuId> consumers) {
  Witness worst;
  std::size_t pairs = 0;
  for (const CpuId producer : producers) {
    for (const CpuId consumer : consumers) {
      if (pairs++ == kWitnessPairs) return worst;
      const Witness witness = measure_witness(clock, producer, consumer);
      if (pairs == 1 || witness.one_way_ns > worst.one_way_ns) worst = witness;
    }
  }
  return worst;
}

}  // namespace busmark
