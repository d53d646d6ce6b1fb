// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/steady_state.hpp"

#include <cmath>
#include <functional>
#include <random>

#include <doctest/doctest.h>

namespace busmark {
namespace {

/// At which window, counted from 1, the series is steady; 0: not within 200.
std::size_t steady_after(const std::function<double(int)>& median,
                         const std::function<double(int)>& rate = nullptr) {
  SteadyState state(rate != nullptr);
  for (int i = 0; i < 200; ++i) {
    const Nanoseconds end = SteadyState::kWindow * (i + 1);
    if (state.add(end, median(i), rate ? rate(i) : 0)) return state.windows();
  }
  return 0;
}

TEST_CASE("a level is steady with the tenth window, and never before") {
  CHECK(steady_after([](int) { return 800.0; }) == SteadyState::kFewestWindows);
  CHECK(steady_after([](int) { return 0.0; }) == SteadyState::kFewestWindows);
}

TEST_CASE("what decays is waited for until its last half moves by a twentieth") {
  // 3 us that fall to 1 us, by a tenth with each window.
  const auto decaying = [](int i) { return 1000 + 2000 * std::pow(0.9, i); };
  const std::size_t after = steady_after(decaying);
  REQUIRE(after > SteadyState::kFewestWindows);
  const int last = static_cast<int>(after) - 1;
  CHECK(decaying(last) < 1060);
  CHECK(after < 80);
}

TEST_CASE("what grows and grows is never steady") {
  CHECK(steady_after([](int i) { return 1000.0 + 100.0 * i; }) == 0);  // a backlog
  CHECK(steady_after([](int i) { return 10.0 * std::pow(1.02, i); }) == 0);
}

TEST_CASE("noise around a level is soon called steady, and a slope hidden in it is not followed") {
  std::size_t longest = 0;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(1000, 100);
    longest = std::max(longest, steady_after([&](int) { return noise(random); }));
    CHECK(longest != 0);
  }
  CHECK(longest <= 3 * SteadyState::kFewestWindows);
}

TEST_CASE("what jumps to and fro is steady, what jumped once is so when the jump is past") {
  std::mt19937 random(7);
  CHECK(steady_after([&](int) { return random() % 2 == 0 ? 1000.0 : 1300.0; }) != 0);
  // Three times as long for 13 windows: that is a level, until the jump comes into sight.
  const auto jump = [](int i) { return i < 5 ? 3000.0 : 1000.0; };
  const std::size_t after = steady_after(jump);
  CHECK(after > SteadyState::kFewestWindows);
  CHECK(after <= 5 + SteadyState::kFewestWindows);
}

TEST_CASE("under saturation the rate has to be steady, too") {
  const auto level = [](int) { return 800.0; };
  CHECK(steady_after(level, [](int) { return 1e6; }) == SteadyState::kFewestWindows);
  CHECK(steady_after(level, [](int i) { return 1e6 * std::pow(1.02, i); }) == 0);
}

TEST_CASE("with fewer windows there is no trend, then it says how far the level moved") {
  SteadyState state(false);
  for (int i = 0; i < 9; ++i) state.add(SteadyState::kWindow * (i + 1), 1000 + 100 * i, 0);
  CHECK_FALSE(state.median_trend());
  state.add(SteadyState::kWindow * 10, 1900, 0);
  REQUIRE(state.median_trend());
  CHECK(state.median_trend()->moved == doctest::Approx(900 / 1450.0));
  CHECK(state.median_trend()->certain);
}

}  // namespace
}  // namespace busmark
