// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <doctest/doctest.h>

#include "support/noise.hpp"
#include "verb/noise/judge.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::add_gaps;
using testing::interrupts;
using testing::quiet_core;

CoreNoiseSummary judged(CoreNoise core) {
  NoiseResult result = testing::noise_result();
  result.cores.push_back(std::move(core));
  return summarise(result).cores.front();
}

const NoisePercentile& at(const std::vector<NoisePercentile>& percentiles, Percentile wanted) {
  const auto found = std::find_if(percentiles.begin(), percentiles.end(),
                                  [&](const auto& each) { return each.percentile == wanted; });
  REQUIRE(found != percentiles.end());
  return *found;
}

TEST_CASE("a core without a gap lost nothing and has no cause") {
  const CoreNoiseSummary core = judged(quiet_core(3));
  CHECK(core.cpu == CpuId{3});
  CHECK(core.cause == NoiseCause::none);
  CHECK(core.lost_share == 0);
  CHECK(core.explained == 0);
  CHECK(core.episodes.empty());
  // That there was none is known for certain; how long one is, is not.
  CHECK(at(core.wait, {999'000}).supported);
  CHECK(at(core.wait, {999'000}).value == 0ns);
  CHECK_FALSE(at(core.gap, {990'000}).supported);
}

TEST_CASE("gaps are counted per second over each size, and their time is shared out") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 100, 700ns);
  add_gaps(core, 200, 15us);
  add_gaps(core, 10, 4ms, true);
  const CoreNoiseSummary summary = judged(core);
  CHECK(summary.gaps == 310);
  CHECK(summary.per_second == std::array<double, 4>{21, 21, 1, 1});
  CHECK(summary.in_place_per_second == doctest::Approx(30));
  CHECK(summary.switched_per_second == doctest::Approx(1));
  CHECK(summary.switched_share == doctest::Approx(0.004));
  CHECK(summary.in_place_share == doctest::Approx(0.000307));
  CHECK(summary.lost_share == doctest::Approx(0.004307));
  CHECK(summary.longest == 4ms);
}

TEST_CASE("a gap of exactly a size counts over it") {
  CoreNoise core = quiet_core(0);
  for (const Nanoseconds size : kGapSizes) core.gaps.record(1s, size, false);
  const CoreNoiseSummary summary = judged(core);
  CHECK(summary.per_second[0] == doctest::Approx(0.4));
  CHECK(summary.per_second[1] == doctest::Approx(0.3));
}

TEST_CASE("the wait at a random moment follows from the gaps' lengths") {
  // 100 gaps of 1 ms in 10 s: 1 % of all moments lie within one; at those one waits 0..1 ms.
  CoreNoise core = quiet_core(0);
  add_gaps(core, 100, 1ms);
  const CoreNoiseSummary summary = judged(core);
  CHECK(at(summary.wait, {500'000}).value == 0ns);
  // 0.1 % of the time is a tenth of each gap: its first tenth, in which 0.9 ms are still to come.
  const NoisePercentile p999 = at(summary.wait, {999'000});
  CHECK(p999.supported);
  CHECK(static_cast<double>(p999.value.count()) == doctest::Approx(900'000).epsilon(0.001));
  const NoisePercentile p9999 = at(summary.wait, {999'900});
  CHECK(static_cast<double>(p9999.value.count()) == doctest::Approx(990'000).epsilon(0.001));
}

TEST_CASE("the wait mixes gaps of different lengths by the time they leave") {
  // Beyond w = 100 us: 10 gaps leave 10 x 900 us = 9 ms, 1000 of 101 us leave 1 ms: 0.1 % of 10 s.
  CoreNoise core = quiet_core(0);
  add_gaps(core, 10, 1ms);
  add_gaps(core, 1000, 101us);
  std::uint64_t carried_by = 0;
  const Nanoseconds wait = wait_at_random_moment(core.gaps.all(), 10s, {999'000}, carried_by);
  CHECK(static_cast<double>(wait.count()) == doctest::Approx(100'000).epsilon(0.002));
  CHECK(carried_by == 1010);
}

TEST_CASE("a percentile that a few gaps alone carry is withheld") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 1, 200ms, true);
  CHECK_FALSE(at(judged(core).wait, {999'000}).supported);
  CHECK_FALSE(at(judged(core).gap, {999'000}).supported);
  CHECK(judged(core).longest == 200ms);
  add_gaps(core, 5, 200ms, true);
  CHECK(at(judged(core).wait, {999'000}).supported);
}

TEST_CASE("a core that was not watched has no percentiles and divides by nothing") {
  CoreNoise core = quiet_core(0);
  core.run = {};
  const CoreNoiseSummary summary = judged(core);
  CHECK_FALSE(at(summary.wait, {500'000}).supported);
  CHECK(summary.lost_share == 0);
  CHECK(summary.per_second[0] == 0);
}

TEST_CASE("time that other threads took is the cause when it is the greater part") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 2500, 15us);
  core.interrupts = {interrupts(InterruptKind::tick, "tick", 2500)};
  CHECK(judged(core).cause == NoiseCause::tick);
  add_gaps(core, 20, 4ms, true);
  CHECK(judged(core).cause == NoiseCause::switches);
}

TEST_CASE("the hypervisor is the cause where the kernel says that it took most") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 10, 2ms);
  core.interrupts = {interrupts(InterruptKind::tick, "tick", 2500)};
  core.stolen = 0ns;
  CHECK(judged(core).cause == NoiseCause::tick);
  core.stolen = 11ms;
  CHECK(judged(core).cause == NoiseCause::steal);
}

TEST_CASE("gaps in place have the most frequent interrupt as their cause, or none known") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 1000, 15us);
  CHECK(judged(core).cause == NoiseCause::unknown);
  core.interrupts = {interrupts(InterruptKind::tick, "tick", 300)};
  CHECK(judged(core).cause == NoiseCause::unknown);  // 700 gaps that no interrupt explains
  CHECK(judged(core).explained == doctest::Approx(0.3));
  core.interrupts.push_back(interrupts(InterruptKind::device, "nvme0q1", 400));
  CHECK(judged(core).cause == NoiseCause::device);
  core.interrupts.push_back(interrupts(InterruptKind::device, "eth0", 200));
  core.interrupts.push_back(interrupts(InterruptKind::cross_call, "reschedule", 900));
  CHECK(judged(core).cause == NoiseCause::cross_call);
  CHECK(judged(core).explained == 1);
}

TEST_CASE("interrupts that were counted for longer than the gaps are compared by their rates") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 1000, 15us);
  core.counted = 20s;
  core.interrupts = {interrupts(InterruptKind::tick, "tick", 900)};
  CHECK(judged(core).explained == doctest::Approx(0.45));
  CHECK(judged(core).cause == NoiseCause::unknown);  // 55 of 100 gaps a second
  core.stolen = 14ms;                                // of 30 ms that went in the same time
  CHECK(judged(core).cause == NoiseCause::unknown);
  core.stolen = 16ms;
  CHECK(judged(core).cause == NoiseCause::steal);
}

TEST_CASE("a stretch in which much was lost is found with its time, share and cause") {
  CoreNoise core = quiet_core(0);
  add_gaps(core, 2500, 15us);
  for (Nanoseconds at = 2s; at < 3s; at += 8ms) core.gaps.record(at, 4ms, true);
  const CoreNoiseSummary summary = judged(core);
  REQUIRE(summary.episodes.size() == 1);
  CHECK(summary.episodes[0].start == 2s);
  CHECK(summary.episodes[0].length == 1s);
  CHECK(summary.episodes[0].lost_share == doctest::Approx(0.5).epsilon(0.02));
  CHECK(summary.episodes[0].switched);
}

TEST_CASE("of many bad stretches the worst three are told, in the order of time") {
  CoreNoise core = quiet_core(0);
  for (int i = 1; i <= 5; ++i) core.gaps.record(i * 1s, i * 20ms, false);
  const CoreNoiseSummary summary = judged(core);
  REQUIRE(summary.episodes.size() == 3);
  CHECK(summary.episodes[0].start == 3s);
  CHECK(summary.episodes[2].start == 5s);
  CHECK_FALSE(summary.episodes[2].switched);
  CHECK(summary.episodes[2].lost_share == doctest::Approx(1));
}

TEST_CASE("causes have short names") {
  for (const NoiseCause cause :
       {NoiseCause::none, NoiseCause::switches, NoiseCause::steal, NoiseCause::tick,
        NoiseCause::device, NoiseCause::cross_call, NoiseCause::unknown}) {
    CHECK(to_string(cause).size() <= 8);
  }
}

}  // namespace
}  // namespace busmark
