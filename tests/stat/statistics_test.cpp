// SPDX-License-Identifier: Apache-2.0
#include "stat/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using Values = std::vector<double>;

/// Two-sided p value by trying every split, as the definition says.
double by_enumeration(const Values& first, const Values& second) {
  Values all = first;
  all.insert(all.end(), second.begin(), second.end());
  const auto u = [&](unsigned chosen) {
    double sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t k = 0; k < all.size(); ++k) {
        if (((chosen >> i) & 1U) == 0 || ((chosen >> k) & 1U) != 0) continue;
        sum += all[i] > all[k] ? 1 : (all[i] == all[k] ? 0.5 : 0);
      }
    }
    return std::abs(sum - static_cast<double>(first.size() * second.size()) / 2);
  };
  const double seen = u((1U << first.size()) - 1);
  double as_far = 0;
  double splits = 0;
  for (unsigned chosen = 0; chosen < (1U << all.size()); ++chosen) {
    if (static_cast<std::size_t>(__builtin_popcount(chosen)) != first.size()) continue;
    splits += 1;
    if (u(chosen) >= seen - 1e-9) as_far += 1;
  }
  return as_far / splits;
}

TEST_CASE("Mann and Whitney's test agrees with a published example") {
  // Ages at diagnosis, as in the documentation of SciPy's mannwhitneyu: U = 17, exact p = 0.1111.
  CHECK(mann_whitney_p(Values{19, 22, 16, 29, 24}, Values{20, 11, 17, 12}) ==
        doctest::Approx(0.1111111111));
}

TEST_CASE("Mann and Whitney's test counts every split, ties included") {
  std::mt19937_64 random(7);
  for (int trial = 0; trial < 40; ++trial) {
    Values first(1 + random() % 5);
    Values second(1 + random() % 6);
    for (double& value : first) value = static_cast<double>(random() % 6);
    for (double& value : second) value = static_cast<double>(random() % 6) + trial % 3;
    CAPTURE(trial);
    CHECK(mann_whitney_p(first, second) == doctest::Approx(by_enumeration(first, second)));
  }
}

TEST_CASE("the approximation for many values continues the exact p value") {
  Values first(30);
  Values second(30);
  std::iota(first.begin(), first.end(), 0.0);
  std::iota(second.begin(), second.end(), 7.5);
  const double exact = mann_whitney_p(first, second);
  first.push_back(30);
  second.push_back(37.5);
  CHECK(mann_whitney_p(first, second) == doctest::Approx(exact).epsilon(0.2));
  CHECK(mann_whitney_p(Values(40, 1.0), Values(40, 1.0)) == 1);
}

TEST_CASE("the least p value is that of two samples which do not overlap") {
  CHECK(least_mann_whitney_p(3, 3) == doctest::Approx(0.1));
  CHECK(least_mann_whitney_p(4, 4) == doctest::Approx(2.0 / 70));
  CHECK(mann_whitney_p(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}) ==
        doctest::Approx(least_mann_whitney_p(4, 4)));
  CHECK(mann_whitney_p(Values{}, Values{1}) == 1);
}

TEST_CASE("a median of an even number is the mean of the middle two") {
  CHECK(median(Values{4, 1, 3, 2}) == 2.5);
  CHECK(median(Values{9, 1, 5}) == 5);
  CHECK(median(Values{}) == 0);
}

TEST_CASE("the bootstrap gives the same interval for the same values and seed") {
  const Values first{10, 11, 12, 13, 14, 15};
  const Values second{11, 12, 14, 15, 16, 18};
  const RatioInterval once = bootstrap_ratio(first, second, 1);
  const RatioInterval again = bootstrap_ratio(first, second, 1);
  CHECK(once.low == again.low);
  CHECK(once.high == again.high);
  CHECK(once.low < 1.1);
  CHECK(once.high > 1.1);
}

TEST_CASE("fewer than five values make an interval from all of them") {
  const RatioInterval interval = bootstrap_ratio(Values{10, 20}, Values{10, 40, 30}, 1);
  CHECK(interval.low == doctest::Approx(0.5));
  CHECK(interval.high == doctest::Approx(4));
}

TEST_CASE("equal values leave no doubt") {
  const RatioInterval interval = bootstrap_ratio(Values(5, 3.0), Values(5, 6.0), 1);
  CHECK(interval.low == doctest::Approx(2));
  CHECK(interval.high == doctest::Approx(2));
}

TEST_CASE("the interval covers the true quotient of skewed values about as often as it says") {
  std::mt19937_64 random(11);
  const auto draw = [&](std::size_t count) {
    Values values;
    for (std::size_t i = 0; i < count; ++i) {
      const double uniform = (static_cast<double>(random() >> 11) + 0.5) / 9007199254740992.0;
      values.push_back(std::exp(-0.1 * std::log(uniform)));  // Pareto: a heavy upper tail
    }
    return values;
  };
  for (const std::size_t count : {5U, 8U, 20U}) {
    int covered = 0;
    constexpr int kTrials = 400;
    for (int trial = 0; trial < kTrials; ++trial) {
      const RatioInterval interval = bootstrap_ratio(draw(count), draw(count), 1);
      covered += interval.low <= 1 && 1 <= interval.high ? 1 : 0;
    }
    CAPTURE(count);
    CHECK(covered >= kTrials * 93 / 100);
  }
}

TEST_CASE("a median has the interval of the sign test, from six values on") {
  const MedianEstimate six = estimate_median(Values{6, 1, 5, 2, 4, 3});
  CHECK(six.value == 3.5);
  CHECK(six.low == 1);
  CHECK(six.high == 6);
  // P(at most 2 of 12 coins) is 1.9 %, so two are cut off on either side.
  const MedianEstimate twelve = estimate_median(Values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(twelve.low == 3);
  CHECK(twelve.high == 10);
  CHECK(estimate_median(Values{7}).high == 7);
}

TEST_CASE("Holm's adjustment keeps the order and multiplies the least by their number") {
  const Values adjusted = holm_adjusted(Values{0.01, 0.04, 0.03, 0.5});
  CHECK(adjusted[0] == doctest::Approx(0.04));
  CHECK(adjusted[2] == doctest::Approx(0.09));
  CHECK(adjusted[1] == doctest::Approx(0.09));
  CHECK(adjusted[3] == doctest::Approx(0.5));
}

TEST_CASE("Student's test has the intervals and p values of the tables") {
  // Sleep of ten patients under two drugs (Student 1908), taken as two samples: t = -1.8608.
  const Values first{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
  const Values second{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
  const auto found = compare_means(first, second);
  REQUIRE(found);
  CHECK(found->p_value == doctest::Approx(0.07919).epsilon(0.001));
  CHECK(found->low == doctest::Approx(-0.203874).epsilon(0.0001));
  CHECK(found->high == doctest::Approx(3.363874).epsilon(0.0001));
  CHECK(student_critical(0.05, 1) == doctest::Approx(12.7062).epsilon(0.0001));
}

TEST_CASE("one value is predicted from the others, and two values tell nothing") {
  CHECK_FALSE(compare_means(Values{1}, Values{2}));
  CHECK_FALSE(compare_means(Values{1, 2, 3}, Values{}));
  const auto found = compare_means(Values{1, 2, 3}, Values{2});
  REQUIRE(found);
  CHECK(found->deviation == doctest::Approx(1));
  CHECK(found->high == doctest::Approx(4.3027 * std::sqrt(4.0 / 3)).epsilon(0.0001));
  CHECK(found->p_value == doctest::Approx(1));
  CHECK(compare_means(Values{1, 1}, Values{2, 2})->p_value == 0);
  CHECK(compare_means(Values{1, 1}, Values{1, 1})->p_value == 1);
}

}  // namespace
}  // namespace busmark
