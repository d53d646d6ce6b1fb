// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_ranges.hpp"

#include <vector>

#include <doctest/doctest.h>

using busmark::CpuId;

TEST_CASE("many cores are told as ranges, few one by one") {
  std::vector<CpuId> cpus;
  for (int i = 0; i < 2'048; ++i) cpus.push_back(CpuId{i});
  CHECK(busmark::cpu_ranges(cpus) == "0-2047");
  CHECK(busmark::cpu_ranges({CpuId{0}, CpuId{1}, CpuId{2}}) == "0, 1, 2");
  CHECK(busmark::cpu_ranges({CpuId{7}, CpuId{3}, CpuId{4}, CpuId{5}, CpuId{6}, CpuId{6}}) ==
        "7, 3-6, 6");
  CHECK(busmark::cpu_ranges({}).empty());
}
