// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/rate_search.hpp"

#include <cmath>
#include <functional>
#include <random>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using System = std::function<RateTrial(double rate)>;

RateTrial verdict(TrialVerdict verdict) {
  RateTrial trial;
  trial.verdict = verdict;
  trial.p95 = std::chrono::microseconds(10);
  return trial;
}

/// Holds up to a capacity.
System up_to(double capacity) {
  return [capacity](double rate) {
    return verdict(rate <= capacity ? TrialVerdict::holds : TrialVerdict::misses);
  };
}

struct Found {
  RateSearchResult result;
  int trials = 0;
};

Found search(const System& system, const RateSearchRules& rules = {}) {
  RateSearch search(rules);
  Found found;
  while (const std::optional<double> rate = search.next()) {
    REQUIRE(*rate >= rules.lowest);
    REQUIRE(*rate <= rules.highest);
    REQUIRE(++found.trials < 500);
    search.add(system(*rate));
  }
  found.result = search.result();
  CHECK(found.result.complete);
  return found;
}

TEST_CASE("the highest rate that holds is found within the precision, far from the start too") {
  for (const double capacity : {1e3, 1037.0, 9999.0, 10e3, 10'001.0, 203e3, 5.77e6, 99e6}) {
    CAPTURE(capacity);
    const Found found = search(up_to(capacity));
    REQUIRE(found.result.sustainable.has_value());
    CHECK(*found.result.sustainable <= capacity);
    CHECK(*found.result.sustainable * 1.021 >= capacity);
    CHECK(*found.result.first_miss > capacity);
    CHECK(*found.result.recommended() ==
          doctest::Approx(*found.result.sustainable * 0.8).epsilon(0.01));
    CHECK(found.trials < 60);
  }
}

TEST_CASE("where every rate holds or none, the search says so and ends") {
  RateSearchRules rules;
  rules.highest = 1e6;
  const Found all = search(up_to(1e9), rules);
  CHECK(all.result.sustainable == 1e6);
  CHECK_FALSE(all.result.first_miss.has_value());
  const Found none = search(up_to(1), rules);
  CHECK_FALSE(none.result.sustainable.has_value());
  CHECK(none.result.first_miss == rules.lowest);
}

TEST_CASE("a start outside of the limits is moved into them") {
  RateSearchRules rules;
  rules.lowest = 50e3;
  rules.highest = 60e3;
  CHECK(search(up_to(55e3), rules).result.sustainable.value_or(0) >= 53.9e3);
}

TEST_CASE("one trial in ten that errs moves the answer by no more than the precision, mostly") {
  std::mt19937_64 random(7);
  int good = 0;
  constexpr int kSearches = 200;
  for (int i = 0; i < kSearches; ++i) {
    const System truth = up_to(200e3);
    const Found found = search([&](double rate) {
      RateTrial trial = truth(rate);
      if (random() % 10 == 0) {
        trial.verdict =
            trial.verdict == TrialVerdict::holds ? TrialVerdict::misses : TrialVerdict::holds;
      }
      return trial;
    });
    const double rate = found.result.sustainable.value_or(0);
    if (std::abs(rate / 200e3 - 1) <= 0.05) ++good;
  }
  CHECK(good > kSearches * 2 / 3);
}

TEST_CASE("unclear trials are tried again and decide nothing") {
  int calls = 0;
  const Found found = search([&](double rate) {
    return ++calls % 2 == 0 ? verdict(TrialVerdict::unclear) : up_to(200e3)(rate);
  });
  CHECK(std::abs(*found.result.sustainable / 200e3 - 1) <= 0.021);
}

TEST_CASE("a rate at which nothing can be told counts as missed and is labelled so") {
  const Found found = search([](double rate) {
    return verdict(rate <= 100e3 ? TrialVerdict::holds : TrialVerdict::unclear);
  });
  CHECK(*found.result.sustainable <= 100e3);
  for (const RateStep& step : found.result.steps) {
    CHECK(step.label() == (step.rate <= 100e3 ? RateLabel::ok : RateLabel::unclear));
  }
}

TEST_CASE("where nothing can be told from the start, no lower rate is tried") {
  const Found found = search([](double) { return verdict(TrialVerdict::unclear); });
  CHECK(found.result.unclear);
  CHECK_FALSE(found.result.sustainable.has_value());
  CHECK(found.trials == 5);
}

TEST_CASE("the curve has points around the answer, ascending, each rate once") {
  const Found found = search(up_to(200e3));
  const double answer = *found.result.sustainable;
  double last = 0;
  std::vector<double> wanted{0.5, 0.8, 1.1, 1.25};
  for (const RateStep& step : found.result.steps) {
    CHECK(step.rate > last);
    last = step.rate;
    std::erase_if(
        wanted, [&](double factor) { return std::abs(step.rate / (answer * factor) - 1) < 0.035; });
  }
  CHECK(wanted.empty());
}

TEST_CASE("a step is labelled by what its trials missed") {
  const auto labelled = [](double missed_share, double over_limit) {
    RateTrial trial = verdict(TrialVerdict::misses);
    trial.missed_share = missed_share;
    trial.over_limit = over_limit;
    return RateStep{.rate = 1, .trials = {trial, trial}}.label();
  };
  CHECK(labelled(0, 1.5) == RateLabel::degraded);
  CHECK(labelled(0.02, 19) == RateLabel::degraded);
  CHECK(labelled(0, 20) == RateLabel::severe);
  CHECK(labelled(0.05, 1) == RateLabel::broken);
}

TEST_CASE("a tenfold p95 a tenth above the answer is a cliff, a twofold one is not") {
  for (const double growth : {2.0, 12.0}) {
    const Found found = search([growth](double rate) {
      RateTrial trial = up_to(200e3)(rate);
      if (rate > 200e3) trial.p95 = Nanoseconds(std::llround(growth * 10'000));
      return trial;
    });
    CHECK(*found.result.growth == doctest::Approx(growth));
    CHECK(found.result.cliff == (growth > 10));
  }
}

TEST_CASE("what cannot be tried bounds the search") {
  RateSearch search({});
  while (const std::optional<double> rate = search.next()) {
    if (*rate > 1e6) {
      search.forbid(*rate / 1.5);
    } else {
      search.add(verdict(TrialVerdict::holds));
    }
  }
  const RateSearchResult result = search.result();
  CHECK(*result.sustainable <= 1e6);
  CHECK(*result.sustainable >= 0.4e6);
  CHECK(result.complete);
}

TEST_CASE("an unfinished search has no complete answer") {
  RateSearch search({});
  static_cast<void>(search.next());
  CHECK_FALSE(search.result().complete);
  CHECK(search.result().steps.empty());
}

}  // namespace
}  // namespace busmark
