// SPDX-License-Identifier: Apache-2.0
#include "stat/mean_interval.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "stat/known_process.hpp"

namespace busmark {
namespace {

using Repetitions = std::vector<std::vector<BatchMean>>;

/// Batches of 1000 samples around 100: a repetition's own level, and in it neighbours that depend
/// on each other.
Repetitions drawn(KnownRandom& random, std::size_t repetitions, double between, double memory) {
  Repetitions all(repetitions);
  for (std::vector<BatchMean>& one : all) {
    const double level = 100 + between * random.normal();
    double deviation = random.normal();
    for (int i = 0; i < 20; ++i) {
      one.push_back({.count = 1000, .mean = level + deviation});
      deviation = memory * deviation + std::sqrt(1 - memory * memory) * random.normal();
    }
  }
  return all;
}

double coverage(std::size_t repetitions, double between, double memory) {
  constexpr int kTries = 2000;
  KnownRandom random(7);
  int held = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto interval = mean_interval(drawn(random, repetitions, between, memory));
    held += interval->low <= 100 && 100 <= interval->high ? 1 : 0;
  }
  return static_cast<double>(held) / kTries;
}

TEST_CASE("the interval of a mean holds the truth in 19 of 20 cases, whatever varies") {
  CHECK(coverage(1, 0, 0) >= 0.93);
  CHECK(coverage(1, 0, 0.3) >= 0.90);
  for (const std::size_t repetitions : {3U, 5U, 10U}) {
    CAPTURE(repetitions);
    CHECK(coverage(repetitions, 0, 0.3) >= 0.93);
    CHECK(coverage(repetitions, 2, 0) >= 0.93);
  }
}

TEST_CASE("the interval of a mean narrows with more repetitions") {
  const auto width = [](std::size_t repetitions) {
    KnownRandom random(3);
    const auto interval = mean_interval(drawn(random, repetitions, 1, 0));
    return interval->high - interval->low;
  };
  CHECK(width(20) < width(5));
  CHECK(width(80) < width(20));
}

TEST_CASE("one stretch of one repetition tells no interval, nor do two repetitions of one value") {
  CHECK_FALSE(mean_interval(Repetitions{{{.count = 10, .mean = 5}}}).has_value());
  CHECK_FALSE(mean_interval(Repetitions{}).has_value());
  CHECK_FALSE(mean_interval(std::vector<double>{1, 2}).has_value());
  CHECK_FALSE(mean_interval(std::vector<double>{1, 2, 0}).has_value());
}

TEST_CASE("three equal values have an interval of no width, unequal ones one around them") {
  const auto equal = mean_interval(std::vector<double>{5, 5, 5});
  CHECK(equal->low == doctest::Approx(5));
  CHECK(equal->high == doctest::Approx(5));
  const auto wide = mean_interval(std::vector<double>{4, 5, 6});
  CHECK(wide->low < 4);
  CHECK(wide->high > 6);
}

}  // namespace
}  // namespace busmark
