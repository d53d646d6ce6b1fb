// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/clock_offset.hpp"

#include <array>
#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the exchange with the shortest round trip tells the offset of a clock") {
  const std::array<ClockExchange, 3> exchanges{
      {{.asked = 0ns, .answered = 5900ns, .heard = 1000ns},
       {.asked = 2000ns, .answered = 7050ns, .heard = 2100ns},
       {.asked = 3000ns, .answered = 8700ns, .heard = 3800ns}}};
  const ClockOffset offset = estimate_offset(exchanges);
  CHECK(offset.offset == 5000ns);
  CHECK(offset.bound == 51ns);
}

TEST_CASE("the true offset lies within the bound however unequal the two ways are") {
  constexpr Nanoseconds kTruth = -1'234'567ns;
  for (Nanoseconds there = 0ns; there <= 400ns; there += 7ns) {
    for (Nanoseconds back = 1ns; back <= 400ns; back += 13ns) {
      const std::array<ClockExchange, 1> one{
          {{.asked = 10ns, .answered = 10ns + there + kTruth, .heard = 10ns + there + back}}};
      const ClockOffset offset = estimate_offset(one);
      REQUIRE(std::abs((offset.offset - kTruth).count()) <= offset.bound.count());
      REQUIRE(offset.bound <= (there + back) / 2 + 1ns);
    }
  }
}

TEST_CASE("without an exchange nothing is known of a clock") {
  CHECK_FALSE(estimate_offset({}).known());
}

}  // namespace
}  // namespace busmark
