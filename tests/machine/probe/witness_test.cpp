// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/witness.hpp"

#include <cmath>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "support/plans.hpp"

namespace busmark {
namespace {

using testing::test_clock;

Witness between(int from, int to, double one_way_ns) {
  return {.from = CpuId{from}, .to = CpuId{to}, .one_way_ns = one_way_ns};
}

TEST_CASE("two cores are some time apart, and that time names their distance") {
  const std::vector<CpuId> cpus = allowed_cpus();
  if (cpus.size() < 2) return;
  const Witness witness = measure_witness(test_clock(), cpus[0], cpus[1]);
  CHECK(witness.one_way_ns > 1);
  CHECK(witness.distance() != Distance::same_cpu);
  CHECK(witness.from == cpus[0]);
  CHECK(witness.to == cpus[1]);
  // The clocks of one machine agree within what the round trip can tell.
  CHECK(witness.clock_bound_ns > 0);
  CHECK(std::abs(witness.clock_offset_ns) <= witness.clock_bound_ns + 100);
}

TEST_CASE("one core for both roles is not measured") {
  const CpuId cpu = allowed_cpus().front();
  const Witness witness = measure_witness(test_clock(), cpu, cpu);
  CHECK(witness.distance() == Distance::same_cpu);
  CHECK(witness.one_way_ns == 0);
}

TEST_CASE("a core that does not exist is refused on either side and hangs nobody") {
  const CpuId cpu = allowed_cpus().front();
  CHECK_THROWS_AS((void)measure_witness(test_clock(), cpu, CpuId{100'000}), SetupError);
  CHECK_THROWS_AS((void)measure_witness(test_clock(), CpuId{100'000}, cpu), SetupError);
}

TEST_CASE("the measurement leaves the calling thread on the cores it was on") {
  const std::vector<CpuId> before = allowed_cpus();
  (void)measure_witness(test_clock(), before.front(), before.back());
  CHECK(allowed_cpus() == before);
}

TEST_CASE("a group of cores is as far apart as its farthest pair") {
  const std::vector<CpuId> cpus = allowed_cpus();
  if (cpus.size() < 2) return;
  const std::vector<CpuId> one{cpus[0]};
  const std::vector<CpuId> both{cpus[0], cpus[1]};
  const Witness worst = measure_witness(test_clock(), one, both);
  CHECK(worst.to == cpus[1]);  // the other pair is one core
  CHECK(worst.one_way_ns > 1);
}

TEST_CASE("distances follow the one-way time") {
  CHECK(between(0, 1, 11).distance() == Distance::close);
  CHECK(between(0, 1, 25).distance() == Distance::near);
  CHECK(between(0, 1, 60).distance() == Distance::near);
  CHECK(between(0, 1, 220).distance() == Distance::far);
  CHECK(between(1, 1, 0).distance() == Distance::same_cpu);
  CHECK(to_string(Distance::same_cpu) == "same cpu");
  CHECK(to_string(Distance::close) == "close");
  CHECK(to_string(Distance::near) == "near");
  CHECK(to_string(Distance::far) == "far");
}

TEST_CASE("cores have moved when their distance changed by more than noise, either way") {
  CHECK(moved(between(0, 1, 60), between(0, 1, 220)));
  CHECK(moved(between(0, 1, 220), between(0, 1, 60)));
  CHECK(moved(between(0, 1, 25), between(0, 1, 60)));
  CHECK_FALSE(moved(between(0, 1, 60), between(0, 1, 66)));
  // On both sides of a class's limit and yet the same place.
  CHECK_FALSE(moved(between(0, 1, 39), between(0, 1, 41)));
  CHECK_FALSE(moved(between(0, 1, 114), between(0, 1, 116)));
  CHECK_FALSE(moved(between(0, 0, 0), between(0, 0, 0)));
}

}  // namespace
}  // namespace busmark
