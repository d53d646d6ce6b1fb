// SPDX-License-Identifier: Apache-2.0
// The engine over transports that are wrong on purpose: every fault must show, and as itself.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "support/faulty_transports.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using namespace busmark::testing;

/// A scenario whose drain ends soon, for transports that lose messages.
Scenario short_drain() {
  Scenario scenario = short_scenario();
  scenario.drain = 50ms;
  return scenario;
}

/// Messages with a number of `residue` modulo 100 among the measured ones, within one.
void check_hundredth(std::uint64_t found, const MessageCounts& counts) {
  CHECK(found >= counts.published / 100 - 1);
  CHECK(found <= counts.published / 100 + 1);
}

TEST_CASE("a sound transport behind the same wrapper shows no fault") {
  for (const std::uint32_t batch : {1U, 8U}) {
    Scenario scenario = short_scenario();
    scenario.batch = batch;
    scenario.checksum = true;
    const RepetitionResult result = run_faulty<NoFault>(scenario);
    CHECK(result.counts.published >= 799);
    CHECK(result.counts.received == result.counts.published);
    CHECK(result.counts.lost + result.counts.corrupt + result.counts.reordered +
              result.counts.duplicated + result.warmup_lost ==
          0);
  }
}

TEST_CASE("every hundredth message lost is found lost, and the drain ends at its deadline") {
  for (const std::uint32_t batch : {1U, 8U}) {
    Scenario scenario = short_drain();
    scenario.batch = batch;
    const RepetitionResult result = run_faulty<LoseEvery100th>(scenario);
    check_hundredth(result.counts.lost, result.counts);
    CHECK(conserved(result.counts));
    CHECK(result.response.total() == result.counts.received);
    CHECK(result.warmup_lost >= 1);
    CHECK(result.drain_timed_out);
    CHECK(result.counts.dropped == 0);
  }
}

TEST_CASE("what the transport's policy drops is dropped, not lost, and nobody waits for it") {
  const RepetitionResult result = run_faulty<DropEvery100th>(short_scenario());
  check_hundredth(result.counts.dropped, result.counts);
  CHECK(result.counts.lost == 0);
  CHECK(result.warmup_lost == 0);
  CHECK(conserved(result.counts));
  CHECK_FALSE(result.drain_timed_out);
}

TEST_CASE("drops of the warm-up excuse no loss in the window") {
  const RepetitionResult result = run_faulty<DropFirstLoseLater>(short_drain());
  check_hundredth(result.counts.lost, result.counts);
  CHECK(conserved(result.counts));
}

TEST_CASE("a message delivered twice is a duplicate and stands for no other") {
  Scenario scenario = short_scenario();
  const RepetitionResult result = run_faulty<DuplicateEvery100th>(scenario);
  CHECK(result.counts.duplicated >= result.counts.published / 100);
  CHECK(result.counts.received == result.counts.published);
  CHECK(result.counts.lost == 0);
  // Every arrival was timed.
  CHECK(result.response.total() >= result.counts.received + result.counts.published / 100 - 1);
}

TEST_CASE("a message passed by the next one is reordered and not lost") {
  Scenario scenario = short_scenario();
  const RepetitionResult result = run_faulty<ReorderEvery100th>(scenario);
  CHECK(result.counts.reordered >= result.counts.published / 100);
  CHECK(result.counts.reordered <= (result.counts.published + 200) / 100 + 1);
  CHECK(result.counts.duplicated == 0);
  CHECK(result.counts.received + 1 >= result.counts.published);
  CHECK(conserved(result.counts));
}

TEST_CASE("one flipped bit is corrupt with checksums and goes unseen without") {
  Scenario scenario = short_scenario();
  scenario.checksum = true;
  const RepetitionResult checked = run_faulty<CorruptEvery100th>(scenario);
  CHECK(checked.counts.corrupt >= checked.counts.published / 100);
  CHECK(checked.counts.received == checked.counts.published);
  scenario.checksum = false;
  CHECK(run_faulty<CorruptEvery100th>(scenario).counts.corrupt == 0);
}

/// Two classes, of payloads that fit into a message.
Scenario two_classes() {
  Scenario scenario = short_drain();
  scenario.checksum = true;
  scenario.mix = {{.name = "a", .weight = 1, .payload = ByteCount{16}},
                  {.name = "b", .weight = 2, .payload = ByteCount{13}}};
  return scenario;
}

void check_classes(const RepetitionResult& result) {
  REQUIRE(result.classes.size() == 2);
  const ClassResult& a = result.classes[0];
  const ClassResult& b = result.classes[1];
  CHECK(a.published + b.published == result.counts.published);
  CHECK(a.received + b.received == result.counts.received);
  CHECK(a.missing() + b.missing() == result.counts.lost + result.counts.dropped);
  CHECK(a.response.total() + b.response.total() == result.response.total());
}

TEST_CASE("what is lost or dropped is missing in its class, and a copy stands for no other") {
  const RepetitionResult lost = run_faulty<LoseEvery100th>(two_classes());
  check_classes(lost);
  check_hundredth(lost.counts.lost, lost.counts);
  const RepetitionResult dropped = run_faulty<DropEvery100th>(two_classes());
  check_classes(dropped);
  check_hundredth(dropped.counts.dropped, dropped.counts);
  const RepetitionResult twice = run_faulty<DuplicateEvery100th>(two_classes());
  check_classes(twice);
  CHECK(twice.counts.duplicated >= twice.counts.published / 100);
  CHECK(twice.counts.received == twice.counts.published);
}

TEST_CASE("a flipped bit shows in a payload of every class, and a sound one is corrupt in none") {
  Scenario scenario = two_classes();
  CHECK(run_faulty<NoFault>(scenario).counts.corrupt == 0);
  for (MessageClass& one : scenario.mix) one.payload = ByteCount{16};
  const RepetitionResult result = run_faulty<CorruptEvery100th>(scenario);
  CHECK(result.counts.corrupt >= result.counts.published / 100);
}

TEST_CASE("a transport that delivers nothing ends at the deadline with all its messages lost") {
  for (const WaitStrategy wait : {WaitStrategy::yield, WaitStrategy::park}) {
    Scenario scenario = short_drain();
    scenario.wait = wait;
    const RepetitionResult result = run_faulty<NeverDeliver>(scenario);
    CHECK(result.counts.published >= 799);
    CHECK(result.counts.lost == result.counts.published);
    CHECK(result.counts.received == 0);
    CHECK(result.response.total() == 0);
    CHECK(result.drain_timed_out);
  }
}

TEST_CASE("a producer blocked for good gives up at the deadline and says what it did not send") {
  Scenario scenario = short_drain();
  scenario.capacity = 64;
  const RepetitionResult result = run_faulty<NeverDeliver>(scenario);
  CHECK(result.counts.refused + result.pacing.unsent >= 700);
  CHECK(result.pacing.unsent >= 700);
  CHECK(result.offered_rate < result.intended_rate);
  CHECK(conserved(result.counts));
}

TEST_CASE("an endpoint that cannot be made comes out as its error and hangs nobody") {
  Scenario scenario = short_scenario();
  scenario.producers = 3;
  scenario.consumers = 3;
  CHECK_THROWS_WITH_AS(run_faulty<ThrowAtEndpoint<true>>(scenario), "no second endpoint to be had",
                       SetupError);
  CHECK_THROWS_WITH_AS(run_faulty<ThrowAtEndpoint<false>>(scenario), "no second endpoint to be had",
                       SetupError);
}

TEST_CASE("with on_full = drop a slow consumer costs refusals, and they are no loss") {
  for (const std::uint32_t batch : {1U, 8U}) {
    Scenario scenario = short_scenario();
    scenario.batch = batch;
    scenario.capacity = 16;
    scenario.on_full = OnFull::drop;
    scenario.duration = 100ms;  // the machine may hold the consumer back for some of it
    const RepetitionResult result = run_faulty<StallingConsumer>(scenario);
    // The consumer takes 100 us or more for each message, the producer sends one every 10 us.
    CHECK(result.counts.refused >= 500);
    CHECK(result.counts.received > 0);
    CHECK(result.counts.lost == 0);
    CHECK(result.counts.reordered == 0);
    CHECK(conserved(result.counts));
    CHECK(result.response.total() == result.counts.received);
    CHECK(result.pacing.unsent == 0);
    CHECK(result.achieved_rate < result.offered_rate);
  }
}

TEST_CASE("a raised stop flag ends the repetition in its middle with the books in order") {
  for (const bool open_loop : {true, false}) {
    using Raise = RaiseStop<1000>;
    Raise::stop = false;
    Scenario scenario = short_scenario();
    scenario.warmup = 0ns;  // a stalled machine could send all that raises the flag in it
    if (!open_loop) scenario.load.rate.reset();
    scenario.duration = 10min;
    const RepetitionResult result = run_faulty<Raise>(scenario, Raise::stop);
    CHECK(result.interrupted);
    CHECK(result.elapsed < scenario.duration);
    CHECK(result.counts.published > 0);
    CHECK(conserved(result.counts));
    CHECK(result.counts.lost == 0);
    CHECK(result.response.total() == result.counts.received);
    // What was not due yet was not missed.
    CHECK(result.pacing.unsent == 0);
  }
}

TEST_CASE("a stop flag raised beforehand, or in the warm-up, leaves an empty result") {
  using Raise = RaiseStop<10>;
  for (const bool beforehand : {true, false}) {
    Raise::stop = beforehand;
    Scenario scenario = short_scenario();
    scenario.warmup = 10min;
    const RepetitionResult result = run_faulty<Raise>(scenario, Raise::stop);
    CHECK(result.interrupted);
    CHECK(result.counts.published == 0);
    CHECK(result.response.total() == 0);
    CHECK(result.offered_rate == 0);
    CHECK(result.received_rate == 0);
  }
}

TEST_CASE("in open loop a stall of the consumer is in every message that was due meanwhile") {
  Scenario scenario = short_scenario();
  scenario.warmup = 5ms;
  scenario.duration = 100ms;
  scenario.load.rate = MessageRate{20'000};
  scenario.capacity = 8;
  // Message 400 is taken 20 ms after the start; 50 ms hold 1000 due times.
  const RepetitionResult result = run_faulty<StallConsumer<400, 50>>(scenario);
  CHECK(result.response.max() >= 50'000'000);
  CHECK(result.response.max() >= result.service.max());
  const std::uint64_t seen = samples_from(result.response, 10ms);
  CHECK(seen >= 700);
  // The time from sending hides it: only what fitted into the queue was under way.
  CHECK(samples_from(result.service, 10ms) * 4 < seen);
  CHECK(result.counts.received == result.counts.published);
  CHECK(result.pacing.unsent == 0);
}

TEST_CASE("a stall of the producer makes messages late: they are counted, timed and all sent") {
  Scenario scenario = short_scenario();
  scenario.warmup = 5ms;
  scenario.duration = 60ms;
  scenario.load.rate = MessageRate{10'000};
  const RepetitionResult result = run_faulty<StallProducer<100, 20>>(scenario);
  // 200 messages come due in 20 ms; the last one or two are sent within a period of their time.
  CHECK(result.pacing.late >= 190);
  CHECK(result.pacing.lag.max() >= 19'000'000);
  CHECK(samples_from(result.pacing.lag, 10ms) >= 95);
  CHECK(result.pacing.lag.total() == result.counts.published);
  CHECK(result.counts.published >= 599);
  CHECK(result.counts.received == result.counts.published);
}

}  // namespace
}  // namespace busmark
