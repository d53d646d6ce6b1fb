// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <random>

#include <doctest/doctest.h>

#include "support/results.hpp"
#include "verb/soak/judge.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// `count` intervals of 10 s whose RSS at their end is `rss(hours)`, and the rest of the run.
std::vector<SoakSample> samples(std::size_t count, const std::function<double(double)>& rss) {
  std::vector<SoakSample> all;
  for (std::size_t i = 0; i < count; ++i) {
    SoakSample sample;
    sample.start = 10s * i;
    sample.length = 10s;
    sample.received = 1000;
    sample.p50 = 5us;
    sample.p95 = 20us;
    const double hours = std::chrono::duration<double, std::ratio<3600>>(sample.end()).count();
    sample.memory.rss = ByteCount{static_cast<std::uint64_t>(rss(hours))};
    sample.memory.open_files = 7;
    all.push_back(sample);
  }
  if (all.empty()) return all;
  all.back().last = true;
  all.back().memory = {};
  all.back().received = 1;  // what stands here must not matter
  all.back().p95 = 1h;
  return all;
}

SlopeEstimate slope(double low, double high) {
  return {.slope = (low + high) / 2, .low = low, .high = high, .points = 10};
}

TEST_CASE("the whole interval has to lie where the class is, and its lower end decides") {
  CHECK(classify_memory(slope(-5e6, 9.9e6)) == MemoryClass::normal);
  CHECK(classify_memory(slope(-90e6, -80e6)) == MemoryClass::normal);
  CHECK(classify_memory(slope(-5e6, 10e6)) == MemoryClass::inconclusive);
  CHECK(classify_memory(slope(9e6, 200e6)) == MemoryClass::inconclusive);
  CHECK(classify_memory(slope(10e6, 200e6)) == MemoryClass::monitor);
  CHECK(classify_memory(slope(50e6, 60e6)) == MemoryClass::monitor);
  CHECK(classify_memory(slope(50.1e6, 60e6)) == MemoryClass::leak);
  CHECK(classify_memory(std::nullopt) == MemoryClass::inconclusive);
  CHECK(classify_memory(SlopeEstimate{.slope = 90e6, .low = {}, .high = {}}) ==
        MemoryClass::inconclusive);
}

TEST_CASE("a steady leak is found with its size, and the last interval is not looked at") {
  const SoakAnalysis analysis =
      analyse_soak(samples(18, [](double hours) { return 50e6 + 100e6 * hours; }));
  CHECK(analysis.memory == MemoryClass::leak);
  CHECK(analysis.rss->per_hour->slope == doctest::Approx(100e6).epsilon(0.001));
  CHECK(analysis.start_up == 2);
  CHECK(analysis.counted == 15);
  CHECK(analysis.span == 140s);
  CHECK(analysis.rss->initial == doctest::Approx(50.278e6).epsilon(0.001));
  CHECK(analysis.rss->final == doctest::Approx(54.722e6).epsilon(0.001));
  CHECK(analysis.open_files->per_hour->slope == 0);
  CHECK_FALSE(analysis.pss);
  CHECK(analysis.rate->median == 100);
  CHECK(analysis.p95->median == 20'000);
  CHECK(analysis.p95->per_hour->high.value() == 0);
}

TEST_CASE("growth at the start is not a leak") {
  const SoakAnalysis analysis = analyse_soak(
      samples(60, [](double hours) { return hours < 1.0 / 60 ? 20e6 + 3e9 * hours : 70e6; }));
  CHECK(analysis.start_up == 6);
  CHECK(analysis.memory == MemoryClass::normal);
  CHECK(analysis.rss->peak == 70e6);
}

TEST_CASE("a flat and noisy course is never a leak, and a long one is normal") {
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(0, 200e3);
  for (int round = 0; round < 100; ++round) {
    const SoakAnalysis brief =
        analyse_soak(samples(18, [&](double) { return 50e6 + noise(random); }));
    CHECK(brief.memory != MemoryClass::leak);
  }
  const SoakAnalysis analysis =
      analyse_soak(samples(360, [&](double) { return 50e6 + noise(random); }));
  CHECK(analysis.memory == MemoryClass::normal);
}

TEST_CASE("a run too short to tell says what it could have seen and how long would do") {
  const SoakAnalysis nothing = analyse_soak(samples(3, [](double) { return 50e6; }));
  CHECK(nothing.memory == MemoryClass::inconclusive);
  // A page more or less would not show: over 0.48 s that is 31 MB/h.
  std::vector<SoakSample> flat = samples(12, [](double) { return 50e6; });
  for (std::size_t i = 0; i < flat.size(); ++i) {
    flat[i].start = 60ms * i;
    flat[i].length = 60ms;
  }
  CHECK(analyse_soak(flat).memory == MemoryClass::inconclusive);
  CHECK(analyse_soak(flat).rss->per_hour->high.value() == doctest::Approx(30.7e6).epsilon(0.01));
  CHECK_FALSE(nothing.would_tell());
  CHECK(analyse_soak({}).memory == MemoryClass::inconclusive);

  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0, 2e6);
  const SoakAnalysis wide = analyse_soak(samples(18, [&](double) { return 50e6 + noise(random); }));
  REQUIRE(wide.memory == MemoryClass::inconclusive);
  REQUIRE(wide.would_tell());
  CHECK(*wide.would_tell() > 2 * wide.span);
  const auto longer = static_cast<std::size_t>(*wide.would_tell() / 10s);
  CHECK(analyse_soak(samples(2 * longer, [&](double) { return 50e6 + noise(random); })).memory ==
        MemoryClass::normal);
}

TEST_CASE("latency that grows shows as a drift relative to its median") {
  std::vector<SoakSample> all = samples(38, [](double) { return 50e6; });
  for (std::size_t i = 0; i < all.size(); ++i) all[i].p95 = 20us + 50ns * static_cast<int>(i);
  const SoakAnalysis analysis = analyse_soak(all);
  // 50 ns in 10 s are 18 us in an hour, of a median of 21 us.
  CHECK(analysis.p95->per_hour->slope == doctest::Approx(18'000 / analysis.p95->median));
  CHECK(analysis.p95->per_hour->low.value() > 0);
  CHECK(analysis.p50->per_hour->slope == 0);
}

TEST_CASE("intervals without enough samples have no percentile and take no part in its drift") {
  std::vector<SoakSample> all = samples(30, [](double) { return 50e6; });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 2 == 0) all[i].p95.reset();
  }
  CHECK(analyse_soak(all).p95->per_hour->points == 13);
  CHECK_FALSE(analyse_soak(all).p99);
}

/// Of a scenario with these budgets whose memory grew by `growth` bytes per hour, +- 1 MB.
ScenarioVerdict verdict_with_slope(const std::vector<std::string>& budgets, double growth) {
  const ScenarioResult result =
      testing::scenario({testing::repetition(1000, std::chrono::milliseconds(1))}, budgets);
  ScenarioSummary summary = summarise(result);
  summary.memory_per_hour =
      SlopeEstimate{.slope = growth, .low = growth - 1e6, .high = growth + 1e6, .points = 20};
  return judge(result, summary);
}

TEST_CASE("a budget of memory per hour is held against the slope's interval") {
  const auto verdict = [](double growth) {
    return verdict_with_slope({"memory.growth < 5MB/h"}, growth).budgets[0].verdict;
  };
  CHECK(verdict(-20e6) == Verdict::pass);
  CHECK(verdict(3e6) == Verdict::pass);
  CHECK(verdict(4.5e6) == Verdict::inconclusive);
  CHECK(verdict(6.5e6) == Verdict::fail);
  const BudgetVerdict wide = verdict_with_slope({"memory.growth < 5MB/h"}, 4.5e6).budgets[0];
  CHECK(wide.reason == "the limit lies inside the interval 3.5 MB/h .. 5.5 MB/h");
  CHECK(*wide.value == 4.5e6);
}

TEST_CASE("without a slope that has bounds a budget of memory per hour is not judged") {
  const ScenarioResult result = testing::scenario(
      {testing::repetition(1000, std::chrono::milliseconds(1))}, {"memory.growth < 5MB/h"});
  ScenarioSummary summary = summarise(result);
  CHECK(judge(result, summary).budgets[0].verdict == Verdict::inconclusive);
  summary.memory_per_hour = SlopeEstimate{.slope = 0, .low = {}, .high = {}, .points = 3};
  const BudgetVerdict judged = judge(result, summary).budgets[0];
  CHECK(judged.verdict == Verdict::inconclusive);
  CHECK_FALSE(judged.value);
  CHECK(judged.reason == "3 samples of memory after the start-up bound no slope");
}

TEST_CASE("a scenario's own budget of memory per hour takes the place of the classes") {
  const ScenarioVerdict loose = verdict_with_slope({"memory.growth < 100MB/h"}, 60e6);
  CHECK(judge_memory(MemoryClass::leak, loose) == Verdict::pass);
  const ScenarioVerdict strict = verdict_with_slope({"memory.growth < 1MB/h"}, 5e6);
  CHECK(judge_memory(MemoryClass::normal, strict) == Verdict::fail);
  const ScenarioVerdict none = verdict_with_slope({"p95 < 5ms"}, 60e6);
  CHECK(judge_memory(MemoryClass::leak, none) == Verdict::fail);
}

TEST_CASE("a leak fails whatever else there is, and what cannot be told passes nothing") {
  CHECK(judge_soak(verdict_of_memory(MemoryClass::leak), Verdict::invalid) == Verdict::fail);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::leak), Verdict::pass) == Verdict::fail);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::normal), Verdict::pass) == Verdict::pass);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::normal), Verdict::fail) == Verdict::fail);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::monitor), Verdict::pass) == Verdict::warn);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::monitor), Verdict::invalid) == Verdict::invalid);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::inconclusive), Verdict::warn) ==
        Verdict::inconclusive);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::inconclusive), Verdict::fail) == Verdict::fail);
  CHECK(judge_soak(verdict_of_memory(MemoryClass::inconclusive), Verdict::skip) == Verdict::skip);
}

}  // namespace
}  // namespace busmark
