// SPDX-License-Identifier: Apache-2.0
#include "judge/more_repetitions.hpp"

#include <doctest/doctest.h>

#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::repetition;
using testing::scenario;

/// Repetitions of a thousand messages, each with one latency.
ScenarioResult measured(const std::vector<Nanoseconds>& latencies,
                        const std::vector<std::string>& budgets = {"p95 < 5ms"}) {
  std::vector<RepetitionResult> repetitions;
  for (const Nanoseconds one : latencies) repetitions.push_back(repetition(1000, one));
  ScenarioResult result = scenario(std::move(repetitions), budgets);
  result.wall = 1s * static_cast<int>(latencies.size());
  return result;
}

constexpr RepetitionLimits kLimits{.planned = 3, .most = 12, .left = {}};

TEST_CASE("budgets that are far from their limits need no more repetitions") {
  for (const Nanoseconds latency : {1ms, 20ms}) {
    const Look look = look_for_more(measured({latency, latency + 1us, latency - 1us}), {}, kLimits);
    CHECK(look.more == 0);
    CHECK(look.why == (latency == 1ms ? "every budget is decided" : "p95 < 5ms is missed"));
  }
}

TEST_CASE("an undecided budget asks for as many again, and at the bound for no more") {
  const std::vector<Nanoseconds> wild{25ms, 4ms, 3ms};
  CHECK(look_for_more(measured(wild), {}, kLimits).more == 3);
  std::vector<Nanoseconds> more = wild;
  more.insert(more.end(), {4ms, 30ms, 2ms});
  CHECK(look_for_more(measured(more), {}, kLimits).more == 6);
  std::vector<Nanoseconds> all = more;
  all.insert(all.end(), more.begin(), more.end());
  const Look last = look_for_more(measured(all), {}, kLimits);
  CHECK(last.more == 0);
  CHECK(last.why == "12 repetitions are the most");
}

TEST_CASE("retries of a disturbed repetition are no repetitions of their own") {
  ScenarioResult result = measured({25ms, 4ms, 3ms});
  RepetitionResult again = repetition(1000, 9ms);
  again.attempt = 2;
  result.repetitions[2].disturbance = "a fly";
  result.repetitions.push_back(again);
  CHECK(look_for_more(result, {}, kLimits).more == 3);
}

TEST_CASE("time that is left bounds them by what each has taken") {
  RepetitionLimits limits{.planned = 3, .most = 1000, .left = 2500ms};
  CHECK(look_for_more(measured({25ms, 4ms, 3ms}), {}, limits).more == 2);
  limits.left = 900ms;
  const Look none = look_for_more(measured({25ms, 4ms, 3ms}), {}, limits);
  CHECK(none.more == 0);
  CHECK(none.why == "at_most leaves no time for another one");
  limits.left = -5s;
  CHECK(look_for_more(measured({25ms, 4ms, 3ms}), {}, limits).more == 0);
}

TEST_CASE("a planned run has what was planned, however undecided") {
  const Look look = look_for_more(measured({25ms, 4ms, 3ms}), {.decided = false}, kLimits);
  CHECK(look.more == 0);
  CHECK(look.why == "only the planned ones were asked for");
}

TEST_CASE("a wanted precision asks for more although every budget is decided") {
  const ScenarioResult wide = measured({1ms, 2ms, 3ms}, {"p95 < 1s"});
  CHECK(look_for_more(wide, {}, kLimits).more == 0);
  CHECK(look_for_more(wide, parse_until("p95:5%"), kLimits).more == 3);
  const ScenarioResult narrow = measured({1000us, 1001us, 1002us}, {"p95 < 1s"});
  const Look enough = look_for_more(narrow, parse_until("p95:5%"), kLimits);
  CHECK(enough.more == 0);
  CHECK(enough.why == "every budget is decided and every interval narrow enough");
}

TEST_CASE("nothing is repeated for what more of the same does not change") {
  ScenarioResult lossy = measured({25ms, 4ms, 3ms}, {"p95 < 5ms", "dropped == 0"});
  lossy.lossless = false;
  lossy.repetitions[0].counts.dropped = 1;
  lossy.repetitions[0].counts.received -= 1;
  CHECK(look_for_more(lossy, {}, kLimits).why == "dropped == 0 is missed");

  ScenarioResult invalid = measured({25ms, 4ms, 3ms});
  for (RepetitionResult& one : invalid.repetitions) one.counts.duplicated = 1;
  const Look untrusted = look_for_more(invalid, {}, kLimits);
  CHECK(untrusted.more == 0);
  CHECK(untrusted.why.find("cannot be trusted") != std::string::npos);

  // 12 repetitions of a thousand messages are fewer than the 36887 that a p99.99 takes.
  const Look few = look_for_more(measured({1ms, 1ms, 1ms}, {"p99.99 < 5ms"}), {}, kLimits);
  CHECK(few.more == 0);
  CHECK(few.why == "p99.99 needs 36887 samples, and 12 repetitions of this length have 12000");
}

TEST_CASE("percentiles that a plan has too few messages for are named with the duration it takes") {
  Scenario planned;
  planned.load.rate = MessageRate{1000};
  planned.duration = 1s;
  planned.budget = {parse_budget("p95 < 5ms"), parse_budget("p99.9 < 5ms"),
                    parse_budget("lost == 0")};
  CHECK(too_few_samples(planned, {}, 4).empty());
  const auto few = too_few_samples(planned, {}, 3);
  REQUIRE(few.size() == 1);
  CHECK(few[0].what == "p99.9 < 5ms");
  CHECK(few[0].samples == 3000);
  CHECK(few[0].needed == 3688);
  CHECK(few[0].duration_needed == 1230ms);
  planned.duration = few[0].duration_needed;
  CHECK(too_few_samples(planned, {}, 3).empty());
  CHECK(too_few_samples(planned, parse_until("p99.99:5%"), 3).at(0).what == "p99.99:5%");
  planned.load.rate.reset();  // nobody knows how many there will be
  CHECK(too_few_samples(planned, {}, 1).empty());
}

TEST_CASE("the classes of a mix have their own shares of the messages") {
  Scenario planned;
  planned.load.rate = MessageRate{1000};
  planned.duration = 1s;
  planned.budget = {parse_budget("p95 < 5ms")};
  planned.mix = {{.name = "many", .weight = 99, .budget = {parse_budget("p95 < 5ms")}},
                 {.name = "few", .weight = 1, .budget = {parse_budget("p95 < 5ms")}}};
  const auto few = too_few_samples(planned, {}, 3);
  REQUIRE(few.size() == 1);
  CHECK(few[0].what == "few: p95 < 5ms");
  CHECK(few[0].samples == doctest::Approx(30));
}

TEST_CASE("rates above the load and windows that are too short for a rate are told beforehand") {
  Scenario planned;
  planned.load.rate = MessageRate{10};
  planned.duration = 1s;
  planned.budget = {parse_budget("rate >= 10/s"), parse_budget("lost == 0")};
  CHECK(cannot_be_judged(planned, {}, 3).empty());
  planned.budget = {parse_budget("rate >= 20/s"), parse_budget("p99 < 5ms")};
  CHECK(
      cannot_be_judged(planned, {}, 3) ==
      std::vector<std::string>{"p99 < 5ms cannot be judged: 3 repetitions have 30 messages and it "
                               "takes 368; duration = \"12.3s\" would do",
                               "rate >= 20/s cannot be met: the load is 10/s"});
  planned.load.rate = MessageRate{0.1};
  planned.duration = 50ms;
  planned.budget = {parse_budget("rate >= 0.1/s")};
  CHECK(
      cannot_be_judged(planned, {}, 3) ==
      std::vector<std::string>{"rate >= 0.1/s cannot be judged: 0.005 messages are due in 50ms and "
                               "it takes 5; duration = \"50s\" would do"});
  planned.load.rate.reset();
  CHECK(cannot_be_judged(planned, {}, 3).empty());
}

TEST_CASE("each scenario has an even share of the time that the planned repetitions leave") {
  CHECK(share_of_time(60s, 10s, 20s, 3) == 10s);
  CHECK(share_of_time(60s, 50s, 20s, 3) == 0s);
  CHECK(share_of_time(60s, 0s, 0s, 0) == 60s);
}

}  // namespace
}  // namespace busmark
