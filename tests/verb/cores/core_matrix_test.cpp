// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "machine/probe/ping_pong.hpp"
#include "support/plans.hpp"
#include "verb/cores/measure.hpp"
#include "verb/cores/wake.hpp"

namespace busmark {
namespace {

using testing::test_clock;

const StopFlag kGoOn{false};
const StopFlag kStop{true};

TEST_CASE("quantiles of a ping-pong are those of its blocks") {
  PingPong game;
  CHECK(game.median_ns() == 0);
  game.one_way_ns = {50, 10, 30, 20, 40};
  CHECK(game.quantile_ns(0) == 10);
  CHECK(game.median_ns() == 30);
  CHECK(game.quantile_ns(1) == 50);
  CHECK(game.one_way_ns.front() == 50);  // in order of time still
}

TEST_CASE("a ping-pong plays as many blocks as planned, without an offset if none is asked for") {
  const std::vector<CpuId> cpus = allowed_cpus();
  if (cpus.size() < 2) return;
  const PingPong game = play_ping_pong(test_clock(), cpus[0], cpus[1],
                                       {.blocks = 3, .rounds_per_block = 10, .offset_rounds = 0});
  CHECK(game.one_way_ns.size() == 3);
  CHECK(game.quantile_ns(0) > 1);
  CHECK(game.clock_bound_ns == 0);
}

TEST_CASE("the matrix holds each two cores once and finds them in both directions") {
  std::vector<CpuId> cpus = allowed_cpus();
  if (cpus.size() < 2) return;
  cpus.resize(2);
  const CoreMatrix matrix = measure_core_matrix(test_clock(), cpus, kGoOn, {.blocks = 5});
  REQUIRE(matrix.pairs.size() == 1);
  CHECK_FALSE(matrix.interrupted);
  const CorePair* const pair = matrix.find(cpus[1], cpus[0]);
  REQUIRE(pair != nullptr);
  CHECK(matrix.find(cpus[0], cpus[1]) == pair);
  CHECK(matrix.find(cpus[0], cpus[0]) == nullptr);
  CHECK(pair->min_ns > 1);
  CHECK(pair->min_ns <= pair->p10_ns);
  CHECK(pair->p10_ns <= pair->median_ns);
  CHECK(pair->median_ns <= pair->p90_ns);
  CHECK(pair->distance() == distance_at(pair->median_ns));
  CHECK(pair->clock_bound_ns > 0);
}

TEST_CASE("a stopped matrix says that pairs are missing") {
  const std::vector<CpuId> cpus{CpuId{0}, CpuId{1}};
  const CoreMatrix matrix = measure_core_matrix(test_clock(), cpus, kStop);
  CHECK(matrix.interrupted);
  CHECK(matrix.pairs.empty());
  CHECK(measure_wake_matrix(test_clock(), allowed_cpus(), kStop).pairs.empty());
}

TEST_CASE("a sleeping thread is woken as often as asked, by either method") {
  const std::vector<CpuId> cpus = allowed_cpus();
  const WakePlan plan{.wakes = 20, .idle = std::chrono::microseconds(20)};
  for (const WakeMethod method : kWakeMethods) {
    CAPTURE(to_string(method));
    // On a machine of one core both threads share it, and still none hangs.
    const WakePair pair = measure_wake(test_clock(), cpus.front(), cpus.back(), method, plan);
    CHECK(pair.waker == cpus.front());
    CHECK(pair.sleeper == cpus.back());
    CHECK(pair.min <= pair.p50);
    CHECK(pair.p50 <= pair.p95);
    CHECK(pair.p95 <= pair.max);
    CHECK(pair.max.count() > 0);
    CHECK(pair.call_p50.count() > 0);
  }
}

TEST_CASE("a core that does not exist wakes nobody and hangs nobody") {
  const CpuId cpu = allowed_cpus().front();
  CHECK_THROWS_AS((void)measure_wake(test_clock(), cpu, CpuId{100'000}, WakeMethod::futex),
                  SetupError);
  CHECK_THROWS_AS((void)play_ping_pong(test_clock(), CpuId{100'000}, cpu), SetupError);
  CHECK_THROWS_AS((void)measure_clock_costs(test_clock(), CpuId{100'000}), SetupError);
}

TEST_CASE("clock costs are told for the core, and the caller stays where it was") {
  const std::vector<CpuId> before = allowed_cpus();
  const ClockCosts costs = measure_clock_costs(test_clock(), before.back());
  CHECK(costs.cpu == before.back());
  CHECK(costs.counter > 0);
  CHECK(costs.ordered > 0);
  CHECK(costs.monotonic > 0);
  CHECK(costs.thread_cpu > 0);
  CHECK(allowed_cpus() == before);
}

TEST_CASE("the wake matrix holds both directions of each two cores, with both methods") {
  std::vector<CpuId> cpus = allowed_cpus();
  if (cpus.size() < 2) return;
  cpus.resize(2);
  const WakeMatrix matrix =
      measure_wake_matrix(test_clock(), cpus, kGoOn, {.wakes = 3, .idle = Nanoseconds(1'000)});
  CHECK(matrix.pairs.size() == 4);
  CHECK(matrix.clocks.size() == 2);
  CHECK_FALSE(matrix.interrupted);
}

}  // namespace
}  // namespace busmark
