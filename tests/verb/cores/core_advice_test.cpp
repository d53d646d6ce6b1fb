// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "support/core_matrices.hpp"
#include "verb/cores/advice.hpp"
#include "verb/cores/drift.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::matrix_of;
using testing::topology_of;

std::vector<int> chosen(const CoreAdvice& advice) {
  std::vector<int> numbers;
  for (const CpuId cpu : advice.cores) numbers.push_back(index(cpu));
  return numbers;
}

bool says(const CoreAdvice& advice, const std::string& what) {
  return std::any_of(advice.reasons.begin(), advice.reasons.end(), [&](const std::string& reason) {
    return reason.find(what) != std::string::npos;
  });
}

double even(int, int) { return 50; }

TEST_CASE("of equal cores those that leave cpu 0 to the kernel are suggested") {
  const CoreAdvice advice = suggest_cores(topology_of(4), matrix_of(4, even), 2);
  CHECK(chosen(advice) == std::vector{1, 2});
  CHECK(says(advice, "leaves cpu 0"));
  CHECK(says(advice, "50 ns one way, near"));
}

TEST_CASE("SMT siblings are avoided although they are the closest") {
  const auto siblings_close = [](int a, int b) { return a / 2 == b / 2 ? 12.0 : 60.0; };
  const CoreAdvice advice = suggest_cores(topology_of(6, 2), matrix_of(6, siblings_close), 2);
  CHECK(chosen(advice) == std::vector{2, 4});
  CHECK(says(advice, "no two of them are SMT siblings"));
  // Where there are not enough physical cores, there is no other way.
  const CoreAdvice all = suggest_cores(topology_of(4, 2), matrix_of(4, siblings_close), 3);
  CHECK(says(all, "SMT siblings among them"));
}

TEST_CASE("cores of one measured neighbourhood are kept together, whatever the kernel says") {
  // The kernel claims one cache; measured, 0-2 and 3-5 are two neighbourhoods.
  const auto two_groups = [](int a, int b) { return a / 3 == b / 3 ? 45.0 : 165.0; };
  const CoreAdvice advice = suggest_cores(topology_of(6), matrix_of(6, two_groups), 3);
  CHECK(chosen(advice) == std::vector{3, 4, 5});
  CHECK(says(advice, "45 to 45 ns one way, near at worst"));
}

TEST_CASE("isolated cores come before closer ones of the same class, not before a nearer class") {
  Topology topology = topology_of(6);
  topology.cpus[4].isolated = topology.cpus[5].isolated = true;
  const auto slightly_farther = [](int a, int b) { return a >= 4 || b >= 4 ? 60.0 : 40.0; };
  const CoreAdvice advice = suggest_cores(topology, matrix_of(6, slightly_farther), 2);
  CHECK(chosen(advice) == std::vector{4, 5});
  CHECK(says(advice, "isolated from the scheduler"));
  const auto far_apart = [](int a, int b) { return a >= 4 || b >= 4 ? 200.0 : 40.0; };
  const CoreAdvice other = suggest_cores(topology, matrix_of(6, far_apart), 2);
  CHECK(chosen(other) == std::vector{1, 2});
  CHECK(says(other, "2 of 2 not isolated"));
}

TEST_CASE("fast cores come before slow ones") {
  Topology topology = topology_of(4);
  topology.cpus[1].speed_class = 1;
  topology.cpus[2].speed_class = 1;
  CHECK(chosen(suggest_cores(topology, matrix_of(4, even), 2)) == std::vector{0, 3});
  CHECK(says(suggest_cores(topology, matrix_of(4, even), 3), "slower cores among them"));
}

TEST_CASE("one core needs no measured pair") {
  CHECK(chosen(suggest_cores(topology_of(2), matrix_of(2, even), 1)) == std::vector{1});
}

TEST_CASE("a large machine's choice is grown, and as good") {
  // 128 cores in groups of 8: choosing 8 of them has 10^12 sets.
  const auto groups = [](int a, int b) {
    return a / 8 == b / 8 ? (a / 8 == 11 ? 35.0 : 45.0) : 150.0;
  };
  const CoreAdvice advice = suggest_cores(topology_of(128), matrix_of(128, groups), 8);
  CHECK(chosen(advice) == std::vector{88, 89, 90, 91, 92, 93, 94, 95});
}

TEST_CASE("a pair that was not measured is the last to be suggested") {
  CoreMatrix matrix = matrix_of(3, even);
  matrix.pairs.erase(matrix.pairs.begin() + 2);  // 1-2
  CHECK(chosen(suggest_cores(topology_of(3), matrix, 2)) == std::vector{0, 1});
  CHECK(says(suggest_cores(topology_of(3), matrix, 3), "not every pair was measured"));
}

TEST_CASE("more cores than there are cannot be suggested") {
  CHECK_THROWS_AS((void)suggest_cores(topology_of(2), matrix_of(2, even), 3),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)suggest_cores(topology_of(2), matrix_of(2, even), 0),
                  std::invalid_argument);
}

TEST_CASE("a watch tells when a pair moves, and counts where it was") {
  CoreDrift drift;
  const auto look = [&](Nanoseconds at, double one_way_ns) {
    return drift.add(at, matrix_of(2, [&](int, int) { return one_way_ns; }));
  };
  CHECK(look(0s, 43).empty());
  CHECK(look(1s, 45).empty());
  const auto moved_away = look(2s, 165);
  REQUIRE(moved_away.size() == 1);
  CHECK(moved_away[0].at == 2s);
  CHECK(moved_away[0].before_ns == 45);
  CHECK(moved_away[0].after_ns == 165);
  CHECK(look(3s, 160).empty());
  CHECK(look(4s, 12).size() == 1);
  const auto pairs = drift.pairs();
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].looks == 5);
  CHECK(pairs[0].moves == 2);
  CHECK(pairs[0].by_class[static_cast<std::size_t>(Distance::close)] == 1);
  CHECK(pairs[0].by_class[static_cast<std::size_t>(Distance::near)] == 2);
  CHECK(pairs[0].by_class[static_cast<std::size_t>(Distance::far)] == 2);
  CHECK(pairs[0].min_ns == 12);
  CHECK(pairs[0].median_ns == 45);
  CHECK(pairs[0].max_ns == 165);
}

TEST_CASE("a watch of several pairs keeps them apart, also when a look was cut short") {
  CoreDrift drift;
  drift.add(0s, matrix_of(3, even));
  CoreMatrix cut = matrix_of(3, [](int a, int b) { return a == 0 && b == 1 ? 200.0 : 50.0; });
  cut.pairs.resize(1);
  CHECK(drift.add(1s, cut).size() == 1);
  const auto pairs = drift.pairs();
  REQUIRE(pairs.size() == 3);
  CHECK(pairs[0].looks == 2);
  CHECK(pairs[2].looks == 1);
  CHECK(pairs[2].moves == 0);
}

}  // namespace
}  // namespace busmark
