// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/text.hpp"
#include "verb/soak/tell.hpp"

namespace busmark {
namespace {

using testing::contains;

using namespace std::chrono_literals;

/// A scenario of `count` intervals of 10 s that loses `per_hour` bytes.
SoakedScenario soaked(std::size_t count, double per_hour) {
  SoakedScenario scenario;
  scenario.name = "one\x1b[31m";
  scenario.transport = "synthetic";
  for (std::size_t i = 0; i < count; ++i) {
    SoakSample sample;
    sample.start = 10s * i;
    sample.length = 10s;
    sample.received = 1000;
    sample.p50 = 5us;
    sample.p95 = 20us;
    const double lost = per_hour * static_cast<double>(i) / 360;
    sample.memory = {.rss = ByteCount{static_cast<std::uint64_t>(45.6e6 + lost)},
                     .pss = ByteCount{44'000'000},
                     .vms = ByteCount{300'000'000},
                     .committed = {},
                     .open_files = 7,
                     .threads = 4};
    sample.last = i + 1 == count;
    if (sample.last) sample.memory = {};
    scenario.samples.push_back(sample);
  }
  scenario.analysis = analyse_soak(scenario.samples);
  scenario.verdict =
      judge_soak(verdict_of_memory(scenario.analysis.memory), scenario.scenario.verdict);
  scenario.counts.published = 18'000;
  scenario.counts.received = 17'999;
  scenario.counts.lost = 1;
  scenario.audit_reach = 1'048'545;
  return scenario;
}

SoakSession session(std::vector<SoakedScenario> scenarios) {
  return {.config = "a.toml",
          .started_at = "2026-01-31T12:00:00Z",
          .machine = "host, cpu",
          .version = "0.1.0",
          .allocator = "mimalloc 2.0.9",
          .duration = 180s,
          .interval = 10s,
          .scenarios = std::move(scenarios),
          .interrupted = false};
}

TEST_CASE("a leak is told with its slope, its interval and what to do") {
  const std::string text = write_soak_text(session({soaked(18, 100e6)}), false);
  CAPTURE(text);
  CHECK(contains(text, "RSS        +100 MB/h (+99.9 .. +100), from 45.6 to 50.04 MB"));
  CHECK(contains(text, "start-up   2 of 18 intervals do not count, 15 do"));
  CHECK(contains(text, "verdict    FAIL: memory leak"));
  CHECK(contains(text, "surely grows by more than 50 MB/h"));
  CHECK(contains(text, "published 18000 = received 17999 + dropped 0 + refused 0 + lost 1"));
  CHECK(contains(text, "0:00:10"));
  CHECK_FALSE(contains(text, "committed  "));  // not known
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK(contains(write_soak_text(session({soaked(18, 100e6)}), true), "\x1b[31mFAIL"));
}

TEST_CASE("a run that cannot tell says what it could have seen") {
  const std::string brief = write_soak_text(session({soaked(4, 0)}), false);
  CAPTURE(brief);
  CHECK(contains(brief, "verdict    INCONCLUSIVE: memory inconclusive"));
  CHECK(contains(brief, "samples of memory after the start-up: 2, which bound no slope; 5 may"));

  SoakedScenario wide = soaked(18, 0);
  for (std::size_t i = 0; i < wide.samples.size(); i += 2) {
    if (wide.samples[i].memory.rss) wide.samples[i].memory.rss->bytes += 3'000'000 * (1 + i % 3);
  }
  wide.analysis = analyse_soak(wide.samples);
  wide.verdict = judge_soak(verdict_of_memory(wide.analysis.memory), Verdict::pass);
  const std::string text = write_soak_text(session({wide}), false);
  CAPTURE(text);
  CHECK(contains(text, "it would have seen a leak of"));
  CHECK(contains(text, "or longer should tell"));
}

TEST_CASE("a day of samples is a table of twenty rows, first and last among them") {
  const std::string text = write_soak_text(session({soaked(8640, 0)}), false);
  CHECK(std::count(text.begin(), text.end(), '\n') < 45);
  CHECK(contains(text, " 0:00:10"));
  CHECK(contains(text, "24:00:00"));
  CHECK(contains(text, "verdict    PASS: memory normal"));
  CHECK(
      nlohmann::json::parse(write_soak_json(session({soaked(8640, 0)})))["scenarios"][0]["samples"]
          .size() == 8640);
}

TEST_CASE("what went wrong beside the memory is told as well") {
  SoakedScenario scenario = soaked(18, 0);
  scenario.too_late = 3;
  scenario.scenario.verdict = Verdict::invalid;
  scenario.scenario.reasons = {"1 message was lost"};
  BudgetVerdict budget{
      .budget = parse_budget("p95 < 1us"), .value = {}, .margin = {}, .reason = {}};
  budget.verdict = Verdict::fail;
  budget.reason = "missed by 7 % of the limit";
  scenario.scenario.budgets = {budget};
  scenario.verdict = judge_soak(verdict_of_memory(scenario.analysis.memory), Verdict::invalid);
  const std::string text = write_soak_text(session({scenario}), false);
  CAPTURE(text);
  CHECK(contains(text, "3 came more than 1048545 messages behind their producer's newest"));
  CHECK(contains(text, "verdict    INVALID: memory normal"));
  CHECK(contains(text, "invalid: 1 message was lost"));
  CHECK(contains(text, "FAIL p95 < 1us: missed by 7 %"));
}

TEST_CASE("a session without samples is told in words of its own") {
  SoakSession nothing = session({});
  CHECK(contains(write_soak_text(nothing, false), "interrupted before"));
  SoakedScenario skipped;
  skipped.name = "one";
  skipped.verdict = Verdict::skip;
  skipped.scenario.reasons = {"there is no server"};
  CHECK(contains(write_soak_text(session({skipped}), false), "skipped    there is no server"));
}

TEST_CASE("the JSON of a soak has every sample and null for what is not known") {
  const nlohmann::json json = nlohmann::json::parse(write_soak_json(session({soaked(18, 100e6)})));
  CHECK(json["schema"] == "busmark.soak/1");
  CHECK(json["interval_ns"] == 10'000'000'000);
  const nlohmann::json& scenario = json["scenarios"][0];
  CHECK(scenario["verdict"] == "FAIL");
  CHECK(scenario["memory"]["class"] == "leak");
  CHECK(scenario["memory"]["rss"]["per_hour"]["slope"] == doctest::Approx(100e6).epsilon(0.001));
  CHECK(scenario["memory"]["committed"].is_null());
  CHECK(scenario["samples"].size() == 18);
  CHECK(scenario["samples"][0]["rss"] == 45'600'000);
  CHECK(scenario["samples"][17]["rss"].is_null());
  CHECK(scenario["samples"][0]["p99_ns"].is_null());
  CHECK(scenario["counts"]["lost"] == 1);
  CHECK(scenario["drift"]["p95_ns"]["share_per_hour"]["slope"] == 0);
}

}  // namespace
}  // namespace busmark
