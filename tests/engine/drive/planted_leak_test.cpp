// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/planted_leak.hpp"

#include <sched.h>

#include <chrono>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("a planted leak loses what it was told to, and none loses nothing") {
  using Time = std::chrono::steady_clock;
  const std::uint64_t before = planted_leak_so_far().bytes;
  { const PlantedLeak none(ByteCount{0}); }
  CHECK(planted_leak_so_far().bytes == before);

  constexpr std::uint64_t kPerHour = 3'600'000'000;  // a megabyte per second
  const Time::time_point start = Time::now();
  {
    const PlantedLeak leak(ByteCount{kPerHour});
    while (planted_leak_so_far().bytes == before) sched_yield();
  }
  const std::uint64_t lost = planted_leak_so_far().bytes - before;
  const double seconds = std::chrono::duration<double>(Time::now() - start).count();
  CHECK(static_cast<double>(lost) <= seconds * 1e6);
  CHECK(lost >= 50'000);
}

}  // namespace
}  // namespace busmark
