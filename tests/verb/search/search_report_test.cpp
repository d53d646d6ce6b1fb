// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/text.hpp"
#include "verb/search/tell.hpp"

namespace busmark {
namespace {

using testing::contains;

using namespace std::chrono_literals;

RateStep step(double rate, TrialVerdict verdict, Nanoseconds p95, double missed_share = 0) {
  RateTrial trial;
  trial.verdict = verdict;
  trial.p50 = p95 / 2;
  trial.p95 = p95;
  trial.p99 = p95 * 2;
  trial.missed_share = missed_share;
  trial.over_limit = static_cast<double>(p95.count()) / 5e6;
  if (verdict != TrialVerdict::holds) {
    trial.reason = "p95 < 5ms: missed";
    trial.limit = RateLimit::consumer;
  }
  return {.rate = rate, .trials = {trial, trial}};
}

SearchSession session() {
  SearchedScenario scenario{.name = "one\x1b[31m",
                            .transport = "queue/spsc",
                            .budget = {"p95 < 5ms", "lost == 0"},
                            .rules = {},
                            .result = {}};
  scenario.result.steps = {step(100e3, TrialVerdict::holds, 100us),
                           step(101e3, TrialVerdict::misses, 7ms),
                           step(110e3, TrialVerdict::misses, 200ms, 0.3)};
  scenario.result.sustainable = 100e3;
  scenario.result.confirmed = true;
  scenario.result.bounds = {.lower = 100e3, .upper = 101e3, .throughput = 99e3};
  scenario.result.goals = {scenario.result.bounds, {.lower = 150e3, .upper = {}, .throughput = {}}};
  scenario.result.first_miss = 101e3;
  scenario.result.limit = RateLimit::consumer;
  scenario.result.reason = "p95 < 5ms: missed";
  scenario.result.growth = 2000;
  scenario.result.beyond = 110e3;
  scenario.result.cliff = true;
  scenario.result.complete = true;
  return {.config = "a.toml",
          .started_at = "2026-01-31T12:00:00Z",
          .machine = "host, cpu",
          .version = "0.1.0",
          .trial = 500ms,
          .scenarios = {scenario},
          .interrupted = false};
}

TEST_CASE("a search is told as a curve and an answer, and what is a lower bound is marked") {
  const std::string text = write_search_text(session(), false);
  CAPTURE(text);
  CHECK(contains(text, "highest rate with p95 < 5ms and lost == 0"));
  CHECK(contains(text, "sustainable  100k/s: fresh trials confirm that nine in ten hold"));
  CHECK(contains(text, "recommended  80k/s"));
  CHECK(contains(text, "bounds       100k/s to 101k/s (within 1 %) for all budgets together"));
  CHECK(contains(text, "  p95 < 5ms: 100k/s to 101k/s (within 1 %)"));
  CHECK(contains(text, "  lost == 0: 150k/s and more"));
  CHECK(contains(text, "limit        at 101k/s: p95 < 5ms: missed"));
  CHECK(contains(text, "a cliff: p95 is 2e+03 times as long at 110k/s"));
  CHECK(contains(text, ">200ms"));
  CHECK_FALSE(contains(text, ">7ms"));
  CHECK(contains(text, "DEGRADED"));
  CHECK(contains(text, "BROKEN"));
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK(contains(write_search_text(session(), true), "\x1b[32m"));
}

TEST_CASE("an answer that there is not is told in words of its own") {
  SearchSession one = session();
  RateSearchResult& result = one.scenarios[0].result;
  result.first_miss.reset();
  CHECK(contains(write_search_text(one, false), "every rate up to 100M/s holds"));
  result.confirmed = false;
  CHECK(contains(write_search_text(one, false), "100k/s: not confirmed"));
  result.sustainable.reset();
  result.first_miss = 1000;
  CHECK(contains(write_search_text(one, false), "no rate holds, not even 1k/s: p95"));
  result.unclear = true;
  CHECK(contains(write_search_text(one, false), "cannot be told: at 1k/s p95"));
  result.complete = false;
  CHECK(contains(write_search_text(one, false), "interrupted before"));
}

TEST_CASE("the JSON of a search has every trial") {
  const nlohmann::json json = nlohmann::json::parse(write_search_json(session()));
  CHECK(json["schema"] == "busmark.search/1");
  const nlohmann::json& scenario = json["scenarios"][0];
  CHECK(scenario["sustainable_rate"] == 100e3);
  CHECK(scenario["recommended_rate"] == 80e3);
  CHECK(scenario["curve"].size() == 3);
  CHECK(scenario["curve"][2]["label"] == "BROKEN");
  CHECK(scenario["curve"][2]["trials"].size() == 2);
  CHECK(scenario["curve"][0]["reason"].is_null());
  CHECK(scenario["cliff"] == true);
  CHECK(scenario["confirmed"] == true);
  CHECK(scenario["goals"][0]["upper_bound"] == 101e3);
  CHECK(scenario["goals"][1]["budget"] == "lost == 0");
  CHECK(scenario["goals"][1]["upper_bound"].is_null());
  CHECK(scenario["bounds"]["conditional_throughput"] == 99e3);
}

}  // namespace
}  // namespace busmark
