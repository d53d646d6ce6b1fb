// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/ping_pong.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>

#include "busmark/base/cache_line.hpp"

#include "machine/probe/on_two_cores.hpp"

namespace busmark {
namespace {

/// The line that is bounced: odd numbers are for the responder, even ones for the caller. The
/// responder's clock travels on the same line.
struct alignas(kNoSharing) Ball {
  std::atomic<std::uint64_t> turn{0};
  std::int64_t stamp = 0;
};

std::uint64_t timed_rounds(const PingPongPlan& plan) noexcept {
  return static_cast<std::uint64_t>(plan.blocks) *
         static_cast<std::uint64_t>(plan.rounds_per_block);
}

std::uint64_t all_rounds(const PingPongPlan& plan) noexcept {
  return timed_rounds(plan) + static_cast<std::uint64_t>(plan.offset_rounds);
}

/// Waits for the other side; gives the core away now and then in case both share one. Counting down
/// costs nothing: with a remainder in the loop a line under one cache took 34 ns in place of 25.
void await(const std::atomic<std::uint64_t>& turn, std::uint64_t wanted) noexcept {
  constexpr int kLooks = 100'000;
  int left = kLooks;
  while (turn.load(std::memory_order_acquire) != wanted) {
    if (--left > 0) continue;
    sched_yield();
    left = kLooks;
  }
}

void respond(Ball& ball, const Clock& clock, const PingPongPlan& plan) noexcept {
  const std::uint64_t timed = timed_rounds(plan);
  const std::uint64_t all = all_rounds(plan);
  for (std::uint64_t round = 0; round < all; ++round) {
    await(ball.turn, 2 * round + 1);
    if (round >= timed) ball.stamp = clock.now_after_loads();
    ball.turn.store(2 * round + 2, std::memory_order_release);  // pairs with the acquire in await
  }
}

void bounce(Ball& ball, std::uint64_t round) noexcept {
  ball.turn.store(2 * round + 1, std::memory_order_release);  // pairs with the acquire in await
  await(ball.turn, 2 * round + 2);
}

/// `game.one_way_ns` has a place for each block: nothing allocates while the line is bounced.
void call(Ball& ball, const Clock& clock, const PingPongPlan& plan, PingPong& game) noexcept {
  std::uint64_t round = 0;
  for (double& block : game.one_way_ns) {
    const std::int64_t start = clock.now_after_loads();
    for (int i = 0; i < plan.rounds_per_block; ++i) bounce(ball, round++);
    block = static_cast<double>(clock.to_nanoseconds(clock.now_after_loads() - start)) /
            (2.0 * plan.rounds_per_block);
  }
  // The other clock was read between our two reads; the shortest round trip bounds it best.
  auto shortest = std::numeric_limits<std::int64_t>::max();
  for (const std::uint64_t all = all_rounds(plan); round < all; ++round) {
    const std::int64_t before = clock.now_after_loads();
    bounce(ball, round);
    const std::int64_t after = clock.now_after_loads();
    if (after - before < shortest) {
      shortest = after - before;
      const std::int64_t middle = before + shortest / 2;
      game.clock_offset_ns = static_cast<double>(clock.to_nanoseconds(ball.stamp - middle));
      game.clock_bound_ns = static_cast<double>(clock.to_nanoseconds(shortest)) / 2;
    }
  }
}

}  // namespace

double PingPong::median_ns() const { return quantile_ns(0.5); }

double PingPong::quantile_ns(double share) const {
  if (one_way_ns.empty()) return 0;
  std::vector<double> sorted(one_way_ns);
  const auto last = static_cast<double>(sorted.size() - 1);
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(std::lround(share * last));
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

PingPong play_ping_pong(const Clock& clock, CpuId from, CpuId to, const PingPongPlan& plan) {
  PingPong game;
  game.one_way_ns.resize(static_cast<std::size_t>(plan.blocks));
  Ball ball;
  on_two_cores(
      to, [&] { respond(ball, clock, plan); }, from, [&] { call(ball, clock, plan, game); });
  return game;
}

}  // namespace busmark
