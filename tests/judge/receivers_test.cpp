// SPDX-License-Identifier: Apache-2.0
#include "judge/receivers.hpp"

#include <doctest/doctest.h>

#include "judge/verdict.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

ReceiverResult receiver(std::uint64_t count, Nanoseconds p50, std::uint64_t dropped = 0) {
  return {.response = {.count = count, .p50 = p50, .p95 = 2 * p50, .p99 = 3 * p50, .max = 4 * p50},
          .dropped = dropped};
}

/// A fan-out whose repetitions have the receivers given.
ScenarioResult fan_out(const std::vector<std::vector<ReceiverResult>>& repetitions) {
  ScenarioResult result = testing::scenario({});
  result.scenario.pattern = Pattern::fan_out;
  result.scenario.consumers = static_cast<std::uint32_t>(repetitions.front().size());
  for (const auto& receivers : repetitions) {
    result.repetitions.push_back(testing::repetition(1000, 1us));
    result.repetitions.back().receivers = receivers;
  }
  return result;
}

TEST_CASE("equal receivers are served fairly and without a spread") {
  const ScenarioResult result = fan_out({{receiver(1000, 10us), receiver(1000, 10us)}});
  const auto summary = summarise_receivers(result, {0});
  REQUIRE(summary.has_value());
  CHECK(summary->fairness.value() == doctest::Approx(1));
  CHECK(summary->spread.value() == doctest::Approx(1));
  CHECK(summary->each[1].role == "consumer");
  CHECK(summary->each[1].received == 1000);
  CHECK(summary->each[1].p99.value() == 30us);
}

TEST_CASE("one receiver that gets everything is as unfair as it can be") {
  ScenarioResult result = fan_out({{receiver(0, 0ns), receiver(0, 0ns), receiver(900, 5us)}});
  result.scenario.pattern = Pattern::queue_group;
  const auto summary = summarise_receivers(result, {0});
  REQUIRE(summary.has_value());
  CHECK(summary->fairness.value() == doctest::Approx(1.0 / 3));
  CHECK_FALSE(summary->spread.has_value());  // two of them have no median
}

TEST_CASE("only the repetitions used count, and their medians are told") {
  const ScenarioResult result = fan_out({{receiver(1000, 10us, 1), receiver(1000, 20us)},
                                         {receiver(1000, 500us, 7), receiver(1000, 500us)},
                                         {receiver(1000, 14us, 2), receiver(1000, 40us)}});
  const auto summary = summarise_receivers(result, {0, 2});
  REQUIRE(summary.has_value());
  CHECK(summary->each[0].p50.value() == 12us);
  CHECK(summary->each[1].p50.value() == 30us);
  CHECK(summary->each[0].dropped == 3);
  CHECK(summary->each[0].received == 2000);
  CHECK(summary->spread.value() == doctest::Approx(2.5));
}

TEST_CASE("percentiles that a receiver's samples cannot carry are withheld") {
  const auto summary =
      summarise_receivers(fan_out({{receiver(100, 1us), receiver(100, 1us)}}), {0});
  REQUIRE(summary.has_value());
  CHECK(summary->each[0].p95.has_value());
  CHECK_FALSE(summary->each[0].p99.has_value());
}

TEST_CASE("in request-reply the requesters are the ends, and the responders stand before them") {
  ScenarioResult result =
      fan_out({{receiver(2000, 5us), receiver(1000, 10us), receiver(1000, 11us)}});
  result.scenario.pattern = Pattern::request_reply;
  result.scenario.consumers = 1;
  result.scenario.producers = 2;
  const auto summary = summarise_receivers(result, {0});
  REQUIRE(summary.has_value());
  CHECK(summary->each[0].role == "responder");
  CHECK(summary->each[2].role == "requester");
  CHECK(summary->fairness.value() == doctest::Approx(1));
  CHECK(summary->spread.value() == doctest::Approx(1.1));
}

TEST_CASE("a missed schedule is a share of messages, however many each of them reaches") {
  ScenarioResult result = fan_out({{receiver(1000, 10us), receiver(1000, 10us)}});
  result.scenario.consumers = 64;
  result.repetitions[0].receivers.clear();
  result.repetitions[0].counts.published = 64'000;
  result.repetitions[0].counts.received = 64'000;
  CHECK(find_faults(result, summarise(result)).empty());
  result.repetitions[0].pacing.overdue = 20;  // of 1000 messages
  CHECK(find_faults(result, summarise(result)).size() == 1);
}

TEST_CASE("the deliveries of one message are no independent samples") {
  ScenarioResult result = fan_out({{receiver(1000, 10us), receiver(1000, 10us)}});
  result.scenario.consumers = 64;
  result.repetitions[0].receivers.clear();
  result.repetitions[0].response.reset();
  for (std::uint64_t i = 0; i < 6400; ++i) result.repetitions[0].response.record(1000 + i);
  const ScenarioSummary summary = summarise(result);
  CHECK(summary.response.find({950'000})->supported);        // 100 messages carry p95
  CHECK_FALSE(summary.response.find({990'000})->supported);  // but not p99
  CHECK(*summary.response.find({500'000})->effective_count == 100);
}

TEST_CASE("one receiver needs no comparison") {
  CHECK_FALSE(summarise_receivers(testing::scenario({testing::repetition(1000, 1us)}), {0}));
}

}  // namespace
}  // namespace busmark
