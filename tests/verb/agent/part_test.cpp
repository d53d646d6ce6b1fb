// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/part.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "record/run_result.hpp"
#include "record/store/measured.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

bool equal(const Histogram& a, const Histogram& b) {
  return std::equal(a.counts().begin(), a.counts().end(), b.counts().begin()) &&
         a.min() == b.min() && a.max() == b.max() && a.overflow() == b.overflow();
}

RepetitionResult example(std::uint64_t seed) {
  RepetitionResult result = testing::repetition(1000, std::chrono::microseconds(50));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5000; ++i) result.service.record(random() % 3'000'000'000);
  result.pacing.late = seed;
  result.counts.lost = seed + 1;
  result.disturbance = seed % 2 == 0 ? "a fly" : "";
  IntervalResult interval;
  interval.length = std::chrono::seconds(1);
  interval.response = DecodedHistogram(result.response);
  interval.service = DecodedHistogram(result.service);
  result.intervals.push_back(interval);
  result.sections.clear();
  for (int i = 0; i < 3; ++i) {
    result.sections.push_back({std::chrono::milliseconds(i * 10), std::chrono::milliseconds(10),
                               DecodedHistogram(result.response)});
  }
  NatsReport nats;
  nats.server = "nats-server 1";
  nats.endpoints.push_back({.role = "producer 0", .counters = {}, .ended = true, .end = "went"});
  nats.endpoints[0].counters.reconnects = 2;
  result.nats = nats;
  result.steal_share = 0.25;
  return result;
}

TEST_CASE("a part arrives as it was sent, exact extremes and overflow included") {
  RepetitionResult sent = example(2);
  sent.response.record(7);
  sent.response.record_n(Histogram::shape().highest() + 12345, 3);
  const RepetitionResult got = read_measured(write_measured(sent), "a part");
  CHECK(equal(got.response, sent.response));
  CHECK(equal(got.service, sent.service));
  CHECK(equal(got.pacing.lag, sent.pacing.lag));
  CHECK(got.counts.lost == 3);
  CHECK(got.disturbance == "a fly");
  CHECK(got.steal_share == 0.25);
  CHECK_FALSE(got.frequency_mhz);
  REQUIRE(got.intervals.size() == 1);
  CHECK(got.intervals[0].service.buckets() == sent.intervals[0].service.buckets());
  REQUIRE(got.sections.size() == 3);
  CHECK(got.sections[2].start == std::chrono::milliseconds(20));
  CHECK(got.sections[2].response.buckets() == sent.sections[2].response.buckets());
  REQUIRE(got.nats);
  CHECK(got.nats->endpoints.at(0).end == "went");
  CHECK(got.nats->endpoints.at(0).counters.reconnects == 2);
  CHECK(got.measure_time == sent.measure_time);
}

TEST_CASE("a histogram of one bucket keeps both extremes") {
  RepetitionResult sent;
  sent.response.record(1'000'001);
  sent.response.record(1'000'200);
  const RepetitionResult got = read_measured(write_measured(sent), "a part");
  CHECK(equal(got.response, sent.response));
  CHECK(equal(got.service, Histogram()));
}

TEST_CASE("what is no part is refused with a sentence") {
  const std::string part = write_measured(example(1));
  for (const std::string& text : {std::string(), std::string("{}"), part.substr(0, part.size() / 2),
                                  std::string("[1]"), std::string(R"({"response":["x",0,0,0]})")}) {
    CHECK_THROWS_WITH_AS((void)read_measured(text, "a part"), doctest::Contains("cannot be read"),
                         SetupError);
  }
}

TEST_CASE("merged parts have the sum of all counts and every disturbance by name") {
  const std::vector<AgentPart> parts{{"a", example(1)}, {"b", example(2)}, {"c", example(4)}};
  const RepetitionResult merged = merge_parts(parts);
  Histogram service;
  for (const AgentPart& part : parts) service.merge(part.result.service);
  CHECK(equal(merged.service, service));
  CHECK(merged.response.total() == 3000);
  CHECK(merged.intervals.at(0).service.total() == 3 * parts[0].result.service.total());
  CHECK(merged.counts.published == 3000);
  CHECK(merged.counts.lost == 2 + 3 + 5);
  CHECK(merged.pacing.late == 1 + 2 + 4);
  CHECK(merged.intended_rate == 3000);
  CHECK(merged.elapsed == std::chrono::seconds(1));
  CHECK(merged.disturbance == "agent b: a fly; agent c: a fly");
  REQUIRE(merged.nats);
  CHECK(merged.nats->server == "nats-server 1");
  CHECK(merged.nats->endpoints.at(2).role == "producer 0 of c");
}

TEST_CASE("sections are merged where all agents cut the same, and there are none otherwise") {
  std::vector<AgentPart> parts{{"a", example(1)}, {"b", example(2)}};
  const RepetitionResult merged = merge_parts(parts);
  REQUIRE(merged.sections.size() == 3);
  CHECK(merged.sections[1].response.total() == 2000);
  parts[1].result.sections.pop_back();
  CHECK(merge_parts(parts).sections.empty());
}

TEST_CASE("what an agent tells of itself arrives") {
  RunResult sent;
  sent.environment.host = "there";
  sent.environment.virtual_machine = true;
  sent.clock.ticks_per_second = 2.5e9;
  sent.overhead.record = 3;
  sent.tuning.push_back({.name = "x", .done = true, .detail = "y"});
  RunResult got;
  read_begun(write_begun(sent), "a head", got);
  CHECK(got.environment.host == "there");
  CHECK(got.environment.virtual_machine == true);
  CHECK(got.clock.ticks_per_second == 2.5e9);
  CHECK(got.overhead.record == 3);
  CHECK(got.tuning.at(0).detail == "y");
}

}  // namespace
}  // namespace busmark
