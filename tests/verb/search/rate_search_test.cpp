// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include <doctest/doctest.h>

#include "verb/search/search.hpp"

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
  while (const std::optional<NextTrial> next = search.next()) {
    REQUIRE(next->rate >= rules.lowest);
    REQUIRE(next->rate <= rules.highest);
    REQUIRE(++found.trials < 500);
    search.add(system(next->rate));
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
    CHECK(found.result.confirmed);
    CHECK(*found.result.sustainable * 1.03 >= capacity);
    CHECK(*found.result.bounds.upper <= *found.result.bounds.lower * 1.021);
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
  CHECK(search(up_to(55e3), rules).result.sustainable.value_or(0) >= 53.4e3);
}

TEST_CASE("one trial in fifty that errs moves the answer by little, mostly") {
  std::mt19937_64 random(7);
  int good = 0;
  constexpr int kSearches = 40;
  for (int i = 0; i < kSearches; ++i) {
    const System truth = up_to(200e3);
    const Found found = search([&](double rate) {
      RateTrial trial = truth(rate);
      if (random() % 50 == 0) {
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
  CHECK(std::abs(*found.result.sustainable / 200e3 - 1) <= 0.03);
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
  CHECK_FALSE(found.result.bounds.lower.has_value());  // nothing was shown, not even of the lowest
  CHECK(found.trials == 6);                            // a short one and five of full length
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
  while (const std::optional<NextTrial> next = search.next()) {
    if (next->rate > 1e6) {
      search.forbid(next->rate / 1.5);
    } else {
      search.add(verdict(TrialVerdict::holds));
    }
  }
  const RateSearchResult result = search.result();
  CHECK(*result.sustainable <= 1e6);
  CHECK(*result.sustainable >= 0.4e6);
  CHECK(result.complete);
}

/// Holds with a chance that falls from one half at `knee` as a logistic does.
struct Knee {
  std::vector<double> knees;
  double width = 0;
  [[nodiscard]] double holds(double knee, double rate) const {
    return 1 / (1 + std::pow(rate / knee, 1 / width));
  }
  RateTrial operator()(double rate, std::mt19937_64& random) const {
    const double luck = std::uniform_real_distribution<double>()(random);
    RateTrial trial = verdict(TrialVerdict::holds);
    for (const double knee : knees) {
      const bool met = luck < holds(knee, rate);
      trial.goals.push_back(met ? TrialVerdict::holds : TrialVerdict::misses);
      if (!met) trial.verdict = TrialVerdict::misses;
    }
    return trial;
  }
};

TEST_CASE("what is called sustainable holds in nine fresh trials of ten, however smooth the edge") {
  for (const double width : {0.005, 0.02, 0.05, 0.1}) {
    CAPTURE(width);
    const Knee server{{200e3}, width};
    double sum = 0;
    constexpr int kSearches = 20;
    for (unsigned seed = 1; seed <= kSearches; ++seed) {
      std::mt19937_64 random(seed);
      const Found found = search([&](double rate) { return server(rate, random); });
      REQUIRE(found.result.sustainable);
      CHECK(found.result.confirmed);
      sum += server.holds(200e3, *found.result.sustainable);
    }
    CHECK(sum / kSearches >= 0.9);
  }
}

TEST_CASE("each of several goals has bounds of its own, from the same trials") {
  std::mt19937_64 random(3);
  const Knee server{{120e3, 200e3}, 0.005};
  RateSearch search({}, 2);
  while (const std::optional<NextTrial> next = search.next())
    search.add(server(next->rate, random));
  const RateSearchResult result = search.result();
  REQUIRE(result.goals.size() == 2);
  CHECK(std::abs(*result.goals[0].lower / 120e3 - 1) < 0.05);
  CHECK(std::abs(*result.goals[1].lower / 200e3 - 1) < 0.05);
  CHECK(*result.goals[1].lower <= *result.goals[1].upper);
  CHECK(*result.sustainable <= 120e3);
}

TEST_CASE("trials are short while the edge is far and of full length where it is told") {
  const Found found = search(up_to(200e3));
  for (const RateStep& step : found.result.steps) {
    if (std::abs(step.rate / 200e3 - 1) > 0.03) continue;
    CHECK(std::any_of(step.trials.begin(), step.trials.end(),
                      [](const RateTrial& trial) { return trial.full; }));
  }
  CHECK_FALSE(found.result.steps.front().trials.front().full);
}

TEST_CASE("an unfinished search has no complete answer") {
  RateSearch search({});
  static_cast<void>(search.next());
  CHECK_FALSE(search.result().complete);
  CHECK(search.result().steps.empty());
}

}  // namespace
}  // namespace busmark
