// SPDX-License-Identifier: Apache-2.0
#include "stat/theil_sen.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

std::vector<SeriesPoint> series_of(const std::vector<double>& values) {
  std::vector<SeriesPoint> series;
  for (const double value : values) series.push_back({static_cast<double>(series.size()), value});
  return series;
}

TEST_CASE("of five points the outermost of the ten slopes bound the true one") {
  // -.15 -.13 -.08 -.07 -.0575 | -.055 -.045 -.0333 .01 .04
  const auto estimate = theil_sen(series_of({1.26, 1.27, 1.12, 1.16, 1.03}));
  REQUIRE(estimate);
  CHECK(estimate->slope == doctest::Approx(-0.05625));
  CHECK(estimate->points == 5);
  CHECK(estimate->low.value() == doctest::Approx(-0.15));
  CHECK(estimate->high.value() == doctest::Approx(0.04));
}

TEST_CASE("of six points the second slopes from either end bound the true one") {
  // P(at most 1 of 15 pairs discordant) = 6 / 720 and of at most 2: 20 / 720 = 2.8 %.
  const auto estimate = theil_sen(series_of({0, 10, 19, 27, 34, 40}));
  REQUIRE(estimate->bounded());
  CHECK(estimate->low.value() == doctest::Approx(6.5));   // after 6
  CHECK(estimate->high.value() == doctest::Approx(9.5));  // before 10
}

TEST_CASE("too few points have a slope and no bounds, and fewer than two have nothing") {
  CHECK_FALSE(theil_sen({}).has_value());
  CHECK_FALSE(theil_sen(series_of({1})).has_value());
  const auto estimate = theil_sen(series_of({1, 2, 3, 4}));
  CHECK(estimate->slope == 1);
  CHECK_FALSE(estimate->bounded());
  CHECK_FALSE(estimate->half_width());
}

TEST_CASE("a line and a constant are known exactly, however long they are") {
  for (const std::size_t points : {5U, 60U, 61U, 600U, 8640U}) {
    std::vector<SeriesPoint> line;
    std::vector<SeriesPoint> constant;
    for (std::size_t i = 0; i < points; ++i) {
      const auto x = static_cast<double>(i) / 8;
      line.push_back({x, 7 + 3 * x});
      constant.push_back({x, 42});
    }
    const auto rising = theil_sen(line);
    CHECK(rising->low.value() == doctest::Approx(3));
    CHECK(rising->high.value() == doctest::Approx(3));
    CHECK(rising->points <= 600);
    CHECK(theil_sen(constant)->slope == 0);
    CHECK(theil_sen(constant)->high.value() == 0);
  }
}

TEST_CASE("outliers do not carry the slope away") {
  std::vector<double> values;
  for (int i = 0; i < 40; ++i) values.push_back(i % 5 == 3 ? 1000.0 * i : 2.0 * i);
  CHECK(theil_sen(series_of(values))->slope == doctest::Approx(2).epsilon(0.1));
}

TEST_CASE("a single step never passes for growth") {
  for (const std::size_t points : {6U, 17U, 40U, 360U}) {
    for (std::size_t at = 1; at < points; ++at) {
      std::vector<double> values(points, 10.0);
      for (std::size_t i = at; i < points; ++i) values[i] = 20;
      const auto estimate = theil_sen(series_of(values));
      CAPTURE(points);
      CAPTURE(at);
      CHECK(estimate->low.value_or(0) <= 0);
    }
  }
}

/// Share of simulated series, autocorrelated by `phi`, whose interval holds the true slope.
double coverage(std::size_t points, double phi, int rounds) {
  constexpr double kSlope = 0.3;
  std::mt19937_64 random(points);
  std::normal_distribution<double> normal;
  int covered = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> values;
    double noise = normal(random) / std::sqrt(1 - phi * phi);
    for (std::size_t i = 0; i < points; ++i) {
      values.push_back(kSlope * static_cast<double>(i) + noise);
      noise = phi * noise + normal(random);
    }
    const auto estimate = theil_sen(series_of(values));
    covered += !estimate->bounded() || (*estimate->low <= kSlope && kSlope <= *estimate->high);
  }
  return static_cast<double>(covered) / rounds;
}

TEST_CASE("the interval holds the true slope as often as it promises") {
  for (const std::size_t points : {5U, 8U, 15U, 59U, 62U, 150U}) {
    CAPTURE(points);
    CHECK(coverage(points, 0, 400) >= 0.92);  // 95 % less three standard errors
  }
}

TEST_CASE("noise that remembers widens the interval until it holds the true slope as often") {
  for (const double memory : {0.5, 0.9}) {
    for (const std::size_t points : {15U, 60U, 120U}) {
      CAPTURE(memory);
      CAPTURE(points);
      CHECK(coverage(points, memory, 400) >= 0.92);
    }
  }
}

TEST_CASE("a random walk widens the interval most, and what does not remember hardly") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> values;
  std::vector<double> independent;
  double walk = 0;
  for (int i = 0; i < 100; ++i) {
    values.push_back(walk += normal(random));
    independent.push_back(normal(random));
  }
  CHECK(theil_sen(series_of(values))->stretch > 4);
  CHECK(theil_sen(series_of(independent))->stretch < 1.3);
  CHECK(theil_sen(series_of(independent))->bounded());
}

TEST_CASE("the bound on autocorrelation is above what is seen, and within 0 and 1") {
  CHECK(autocorrelation_bound(0.5, 100) ==
        doctest::Approx(0.5417 + 1.6449 * 0.0841).epsilon(0.001));
  CHECK(autocorrelation_bound(-0.9, 100) == 0);
  CHECK(autocorrelation_bound(0.99, 12) == 1);
}

}  // namespace
}  // namespace busmark
