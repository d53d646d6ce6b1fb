// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/stored.hpp"
#include "verb/history/judge.hpp"

namespace busmark {
namespace {

std::vector<double> level(std::mt19937_64& random, std::size_t count, double median) {
  std::normal_distribution<double> normal;
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(median * std::exp(0.03 * normal(random)));
  return values;
}

TEST_CASE("a history keeps the medians of the repetitions that a run has used") {
  StoredRun run = testing::stored_run({1000, 1003, 998, 1001, 1002});
  run.label = "v1";
  run.scenarios[0].repetitions[0].used = false;
  const HistoryEntry entry = history_entry(run);
  CHECK(entry.label == "v1");
  CHECK(entry.note.empty());
  CHECK(entry.run == run.name);
  REQUIRE(entry.scenarios.size() == 1);
  CHECK(entry.scenarios[0].figures.at("p50") == 1001.5);
  CHECK(entry.scenarios[0].figures.at("rate") > 0);
  run.scenarios[0].verdict = Verdict::invalid;
  run.scenarios[0].reasons = {"the rate was missed"};
  CHECK(history_entry(run).scenarios[0].figures.empty());
}

TEST_CASE("a history takes no figure of a run that a missed budget has ended early") {
  StoredRun run = testing::stored_run({1000, 1003, 998});
  run.scenarios[0].repetitions[2].called_off = MissedBudget{.budget = "p95 < 1us", .reason = "of"};
  CHECK(history_entry(run).scenarios[0].figures.empty());
  run.scenarios[0].repetitions[2].used = false;
  CHECK(history_entry(run).scenarios[0].figures.at("p50") == 1001.5);
}

TEST_CASE("a change of level is found where it happened, with the levels on both sides") {
  std::mt19937_64 random(3);
  std::vector<double> values = level(random, 20, 100);
  for (const double value : level(random, 15, 120)) values.push_back(value);
  for (const double value : level(random, 12, 90)) values.push_back(value);
  const auto found = find_change_points(values, 0.05);
  REQUIRE(found.size() == 2);
  CHECK(found[0].at == 20);
  CHECK(found[0].before == doctest::Approx(100).epsilon(0.03));
  CHECK(found[0].after == doctest::Approx(120).epsilon(0.03));
  CHECK(found[1].at == 35);
  CHECK(found[1].after == doctest::Approx(90).epsilon(0.03));
}

TEST_CASE("a level that only scatters has a change point in at most 5 % of histories") {
  for (const std::size_t count : {12U, 30U}) {
    int wrong = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      std::mt19937_64 random(seed);
      wrong += find_change_points(level(random, count, 100), 0.001).empty() ? 0 : 1;
    }
    CAPTURE(count);
    CHECK(wrong <= 15);
  }
}

TEST_CASE("a series that changes once has another change point in at most 5 % of cases") {
  int found = 0;
  int more = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<double> values = level(random, 20, 100);
    for (const double value : level(random, 20, 130)) values.push_back(value);
    const auto points = find_change_points(values, 0.001);
    found += points.empty() ? 0 : 1;
    more += points.size() > 1 ? 1 : 0;
  }
  CHECK(found == 200);
  CHECK(more <= 10);
}

TEST_CASE("values that remember those before them pass for a change of level far more seldom") {
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> values;
    double last = normal(random);
    for (int i = 0; i < 40; ++i) {
      values.push_back(100 * std::exp(0.03 * last));
      last = 0.6 * last + 0.8 * normal(random);
    }
    wrong += find_change_points(values, 0.001).empty() ? 0 : 1;
  }
  CHECK(wrong <= 50);  // a quarter; 55 % if they counted for independent
}

TEST_CASE("small changes, single outliers and few runs are no change of level") {
  std::vector<double> values(30, 100);
  for (std::size_t i = 15; i < 30; ++i) values[i] = 104;
  CHECK(find_change_points(values, 0.05).empty());
  CHECK(find_change_points(values, 0.03).size() == 1);
  std::vector<double> outlier(30, 100);
  outlier[10] = 5000;
  CHECK(find_change_points(outlier, 0.05).empty());
  CHECK(find_change_points(std::vector<double>{1, 1, 1, 9, 9, 9}, 0.05).empty());
  CHECK(find_change_points(std::vector<double>{}, 0.05).empty());
}

TEST_CASE("outliers neither hide a change of level nor make one") {
  std::mt19937_64 random(5);
  std::vector<double> values = level(random, 30, 100);
  for (std::size_t i = 15; i < 30; ++i) values[i] *= 1.3;
  values[4] *= 20;
  values[22] *= 50;
  const auto found = find_change_points(values, 0.05);
  REQUIRE(found.size() == 1);
  CHECK(found[0].at == 15);
}

TEST_CASE("what a small step hides, a larger one beside it shows") {
  // Up by 3 % and by 30 % more: the first is within the threshold, the second is not.
  std::mt19937_64 random(6);
  std::vector<double> values;
  for (const double of : {100.0, 103.0, 134.0}) {
    for (const double value : level(random, 12, of)) values.push_back(of + (value - of) / 10);
  }
  const auto found = find_change_points(values, 0.05);
  REQUIRE(found.size() == 1);
  CHECK(found[0].at == 24);
}

TEST_CASE("a series is one scenario on one machine, and no longer than asked for") {
  std::vector<HistoryEntry> history;
  for (int i = 0; i < 6; ++i) {
    HistoryEntry& entry = history.emplace_back();
    entry.machine = i == 2 ? "other" : "here";
    entry.scenarios.push_back({"one", "PASS", {{"p95", 100.0 + i}}});
    if (i == 4) entry.scenarios.push_back({"two", "PASS", {{"p50", 5.0}}});
  }
  const auto series = history_series(history, "p95", 3, 0.05);
  REQUIRE(series.size() == 2);
  CHECK(series[0].machine == "here");
  CHECK(series[0].values == std::vector<double>{103, 104, 105});
  CHECK(series[0].runs == std::vector<std::size_t>{3, 4, 5});
  CHECK(series[1].values == std::vector<double>{102});
}

}  // namespace
}  // namespace busmark
