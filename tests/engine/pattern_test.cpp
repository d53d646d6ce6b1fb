// SPDX-License-Identifier: Apache-2.0
// What the engine measures and books in the patterns in which a message has other ends than one
// consumer.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "record/message_flow.hpp"
#include "support/plans.hpp"
#include "transport/bus_transport.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::conserved;
using testing::run;

const std::vector<std::string> kBuses{"bus/spsc", "bus/mpmc", "bus/moodycamel"};

Scenario scenario_of(const std::string& transport, Pattern pattern, std::uint32_t producers,
                     std::uint32_t consumers) {
  Scenario scenario = testing::short_scenario(transport);
  scenario.pattern = pattern;
  scenario.producers = producers;
  scenario.consumers = consumers;
  scenario.load.rate = MessageRate{20'000};
  scenario.checksum = true;
  return scenario;
}

/// What holds of every sound repetition of a transport that loses and drops nothing.
void check_pattern_books(const Scenario& scenario, const RepetitionResult& result) {
  CAPTURE(scenario.transport);
  CAPTURE(to_string(scenario.pattern));
  CAPTURE(to_string(scenario.load));
  CAPTURE(to_string(scenario.wait));
  CAPTURE(scenario.payload.bytes);
  CAPTURE(scenario.batch);
  CHECK(result.counts.published > 0);
  CHECK(result.counts.received == result.counts.published);
  CHECK(conserved(result.counts));
  CHECK(result.counts.duplicated == 0);
  // Two responders answer side by side, so their answers may overtake each other.
  if (scenario.pattern != Pattern::request_reply) CHECK(result.counts.reordered == 0);
  CHECK(result.counts.corrupt == 0);
  CHECK(result.warmup_lost == 0);
  CHECK(result.response.total() == result.counts.received);
  CHECK(result.service.total() == result.counts.received);
  CHECK_FALSE(result.drain_timed_out);
}

/// Every bus, a payload inside the message and one outside, alone and in batches, at a rate and
/// saturated. Under saturation a busy machine may let the whole window pass before a producer runs.
template <typename Check>
void for_each_variant(Pattern pattern, std::uint32_t producers, std::uint32_t consumers,
                      Check check) {
  for (const std::string& bus : kBuses) {
    for (const std::uint64_t payload : {16U, 256U}) {
      for (const std::uint32_t batch : {1U, 8U}) {
        Scenario scenario = scenario_of(bus, pattern, producers, consumers);
        scenario.payload = ByteCount{payload};
        scenario.batch = batch;
        scenario.wait = batch == 1 ? WaitStrategy::yield : WaitStrategy::park;
        check(scenario, run(scenario));
        scenario.load.rate.reset();
        RepetitionResult saturated = run(scenario);
        for (int tries = 1; saturated.counts.published == 0 && tries < 50; ++tries) {
          saturated = run(scenario);
        }
        check(scenario, saturated);
      }
    }
  }
}

TEST_CASE("fan-out: every delivery to every subscriber is counted and timed") {
  for_each_variant(Pattern::fan_out, 2, 3, [](const Scenario& scenario, const auto& result) {
    check_pattern_books(scenario, result);
    REQUIRE(result.receivers.size() == 3);
    for (const ReceiverResult& receiver : result.receivers) {
      CHECK(receiver.response.count * 3 == result.counts.received);
      CHECK(receiver.response.p50 <= receiver.response.p99);
      CHECK(receiver.response.p99 <= receiver.response.max);
    }
    // Rates count a message once, however many it reaches.
    if (scenario.load.open_loop()) {
      CHECK(result.achieved_rate == doctest::Approx(20'000).epsilon(0.5));
    }
  });
}

TEST_CASE("request-reply: every request is answered and timed until its answer is back") {
  for_each_variant(Pattern::request_reply, 2, 2, [](const Scenario& scenario, const auto& result) {
    check_pattern_books(scenario, result);
    REQUIRE(result.receivers.size() == 4);
    std::uint64_t answered = 0;
    std::uint64_t asked = 0;
    for (std::size_t r = 0; r < 4; ++r) {
      (r < 2 ? asked : answered) += result.receivers[r].response.count;
    }
    CHECK(asked == answered);
    CHECK(answered == result.counts.received);
  });
}

TEST_CASE("pipeline: a message counts when it has passed the last stage") {
  for_each_variant(Pattern::pipeline, 1, 3, [](const Scenario& scenario, const auto& result) {
    check_pattern_books(scenario, result);
    REQUIRE(result.receivers.size() == 3);
    for (const ReceiverResult& stage : result.receivers) {
      CHECK(stage.response.count == result.counts.received);
    }
    // The fastest way to the end is no faster than that to the stage before it.
    CHECK(result.receivers[0].response.p50 <= result.receivers[2].response.max);
  });
}

TEST_CASE("queue group and fan-in: each message reaches one consumer") {
  for_each_variant(Pattern::queue_group, 2, 3, [](const Scenario& scenario, const auto& result) {
    check_pattern_books(scenario, result);
    std::uint64_t received = 0;
    for (const ReceiverResult& receiver : result.receivers) received += receiver.response.count;
    CHECK(received == result.counts.received);
  });
  for_each_variant(Pattern::fan_in, 3, 1, [](const Scenario& scenario, const auto& result) {
    check_pattern_books(scenario, result);
    CHECK(result.receivers.empty());
  });
}

TEST_CASE("nats/wire keeps the books of every pattern, at a rate and saturated") {
  const TransportEntry* const wire = find_transport("nats/wire");
  if (!testing::can_drive(*wire)) return;
  for (const Pattern pattern : kAllPatterns) {
    const bool one = pattern == Pattern::one_way || pattern == Pattern::fan_in;
    Scenario scenario = scenario_of("nats/wire", pattern, 2, one ? 1 : 2);
    scenario.payload = ByteCount{20};
    scenario.batch = one ? 8 : 1;
    if (pattern == Pattern::request_reply) scenario.wait = WaitStrategy::park;
    for (const bool saturated : {false, true}) {
      if (saturated) scenario.load.rate.reset();
      RepetitionResult result = run(scenario);
      for (int tries = 1; result.counts.published == 0 && tries < 50; ++tries) {
        result = run(scenario);
      }
      check_pattern_books(scenario, result);
    }
  }
}

TEST_CASE("what slow subscribers drop is counted, and lost is none of it") {
  for (const std::string& bus : kBuses) {
    for (const OnFull on_full : {OnFull::drop, OnFull::drop_old}) {
      if (on_full == OnFull::drop_old && !find_transport(bus)->info.drops_old) continue;
      for (const Pattern pattern :
           {Pattern::fan_out, Pattern::queue_group, Pattern::pipeline, Pattern::request_reply}) {
        Scenario scenario = scenario_of(bus, pattern, 1, 2);
        scenario.on_full = on_full;
        scenario.capacity = 4;
        scenario.batch = 4;
        scenario.load.rate.reset();
        scenario.payload = ByteCount{100};
        const RepetitionResult result = run(scenario);
        CAPTURE(bus);
        CAPTURE(to_string(on_full));
        CAPTURE(to_string(pattern));
        CHECK(conserved(result.counts));
        CHECK(result.counts.lost == 0);
        CHECK(result.counts.corrupt == 0);
        CHECK(result.counts.duplicated == 0);
        CHECK(result.warmup_lost == 0);
        CHECK(result.counts.refused == 0);
        CHECK_FALSE(result.drain_timed_out);
        CHECK(result.response.total() == result.counts.received);
      }
    }
  }
}

TEST_CASE("a stopped run of any pattern ends and keeps its books") {
  for (const Pattern pattern : kAllPatterns) {
    Scenario scenario = scenario_of(
        "bus/mpmc", pattern, 1, pattern == Pattern::one_way || pattern == Pattern::fan_in ? 1 : 2);
    scenario.duration = 1h;
    scenario.load.rate = MessageRate{1000};
    StopFlag stop{false};
    LiveProgress live(testing::test_clock());
    std::jthread stopper([&] {
      std::this_thread::sleep_for(20ms);
      stop.store(true);
    });
    const RepetitionResult result =
        find_transport(scenario.transport)->run(testing::make_plan(scenario), stop, live);
    CAPTURE(to_string(pattern));
    CHECK(result.interrupted);
    CHECK(conserved(result.counts));
    CHECK(result.counts.lost == 0);
    CHECK(result.counts.corrupt == 0);
  }
}

TEST_CASE("many subjects among many more subscriptions are all delivered") {
  Scenario scenario = scenario_of("bus/mpmc", Pattern::one_way, 2, 1);
  scenario.producers = 2;
  scenario.subjects = "busmark.{0..99}";
  scenario.subscriptions = {"busmark.*", "noise.{0..999}.>"};
  check_pattern_books(scenario, run(scenario));
}

TEST_CASE("an endpoint that cannot be made ends the run with its reason, in every pattern") {
  Scenario scenario = scenario_of("bus/mpmc", Pattern::request_reply, 2, 2);
  scenario.subscriptions = {"a..b"};
  CHECK_THROWS(run(scenario));
}

TEST_CASE("a flow tells who shares messages with whom") {
  Scenario scenario;
  scenario.producers = 2;
  scenario.consumers = 3;
  scenario.pattern = Pattern::request_reply;
  const MessageFlow answers(scenario);
  CHECK(answers.receivers() == 5);
  CHECK(answers.final_receivers().first == 3);
  CHECK(answers.audience(1).size() == 3);
  CHECK(answers.audience(4).first == 4);
  CHECK(answers.owed(1, 4));
  CHECK_FALSE(answers.owed(0, 4));
  CHECK(answers.legs() == 2);
  CHECK(answers.senders(1) == 3);
  scenario.pattern = Pattern::pipeline;
  const MessageFlow stages(scenario);
  CHECK(stages.relays(1));
  CHECK_FALSE(stages.relays(2));
  CHECK(stages.legs() == 3);
  CHECK(stages.final_receivers().size() == 1);
  scenario.pattern = Pattern::fan_out;
  CHECK(MessageFlow(scenario).copies() == 3);
  CHECK(MessageFlow(scenario).audience(2).size() == 1);
}

}  // namespace
}  // namespace busmark
