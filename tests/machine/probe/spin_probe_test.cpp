// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/spin_probe.hpp"

#include <doctest/doctest.h>

#include "machine/affinity.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

SpinProbe probe_with(std::vector<Nanoseconds> gaps) {
  SpinProbe probe;
  probe.wall = 1s;
  probe.gaps = std::move(gaps);
  return probe;
}

TEST_CASE("a message is delayed over the limit by the part of each gap beyond it") {
  // 60 us of 10 ms - 50 us, ten times a second.
  const SpinProbe probe = probe_with(std::vector<Nanoseconds>(10, Nanoseconds(10ms)));
  CHECK(share_delayed(probe, 0ns) == doctest::Approx(0.1));
  CHECK(share_delayed(probe, 5ms) == doctest::Approx(0.05));
  CHECK(share_delayed(probe, 10ms) == 0);
  CHECK(mean_delay_ns(probe) == doctest::Approx(0.1 * 5e6));
  CHECK(longest_gap(probe) == 10ms);
}

TEST_CASE("without a gap nothing is delayed, and without a probe neither") {
  CHECK(share_delayed(probe_with({}), 0ns) == 0);
  CHECK(longest_gap(probe_with({})) == 0ns);
  CHECK(share_delayed(SpinProbe{}, 1us) == 0);
  CHECK(mean_delay_ns(SpinProbe{}) == 0);
}

TEST_CASE("a probe spins for its time on its core, and a core that is not there is told") {
  const Clock clock = Clock::calibrate();
  const CpuId there = allowed_cpus().front();
  const std::vector<CpuId> cores{there, CpuId{65'000}};
  const auto probes = spin_probe(clock, cores, 20ms);
  REQUIRE(probes.size() == 2);
  CHECK(probes[0].cpu == there);
  CHECK(probes[0].problem.empty());
  CHECK(probes[0].wall >= 20ms);
  CHECK(probes[0].usage.user + probes[0].usage.system > 0ns);
  CHECK(probes[0].first_ghz > 0.1);
  CHECK(probes[0].first_ghz < 10);
  for (const Nanoseconds gap : probes[0].gaps) CHECK(gap > kLeastGap);
  CHECK_FALSE(probes[1].problem.empty());
  CHECK(probes[1].gaps.empty());
}

TEST_CASE("a load that misses the caches takes longer than one that hits the first") {
  const Clock clock = Clock::calibrate();
  const auto small = memory_latency_ns(clock, {16 * 1024});
  const auto large = memory_latency_ns(clock, {64 << 20});
  REQUIRE(small);
  REQUIRE(large);
  CHECK(*large > *small);
  CHECK_FALSE(memory_latency_ns(clock, {0}));
}

}  // namespace
}  // namespace busmark
