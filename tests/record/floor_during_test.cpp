// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "record/floor.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("time lost to busmark's own threads is no noise, and no more of it than they ran") {
  FloorGaps gaps{.watched = 1s, .lost = 30ms, .switched = 20ms, .own = 5ms, .gaps = 9};
  CHECK(gaps.foreign() == 25ms);
  gaps.own = 500ms;  // most of it on other cores
  CHECK(gaps.foreign() == 10ms);
  CHECK(gaps.share(gaps.lost) == doctest::Approx(0.03));
}

TEST_CASE("gaps of several windows add up, and of none there is no share") {
  FloorGaps sum;
  CHECK(sum.share(1ms) == 0);
  sum += {.watched = 1s, .lost = 30ms, .switched = 20ms, .own = 5ms, .gaps = 9};
  sum += {.watched = 3s, .lost = 10ms, .switched = 0ms, .own = 5ms, .gaps = 1};
  CHECK(sum.watched == 4s);
  CHECK(sum.lost == 40ms);
  CHECK(sum.gaps == 10);
  CHECK(sum.foreign() == 30ms);
  CHECK(sum.share(sum.lost) == doctest::Approx(0.01));
}

}  // namespace
}  // namespace busmark
