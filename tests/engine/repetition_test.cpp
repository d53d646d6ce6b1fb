// SPDX-License-Identifier: Apache-2.0
#include "engine/repetition.hpp"

#include <string>

#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "plan/limits.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::can_drive;
using testing::conserved;
using testing::run;
using testing::short_scenario;

/// Under saturation a busy machine may let the whole window pass before a producer runs: then
/// again.
RepetitionResult run_saturated(Scenario scenario) {
  scenario.load.rate.reset();
  RepetitionResult result = run(scenario);
  for (int tries = 1; result.counts.published == 0 && tries < 50; ++tries) result = run(scenario);
  return result;
}

/// What holds of every sound repetition that was not stopped.
void check_books(const Scenario& scenario, const RepetitionResult& result) {
  CAPTURE(scenario.transport);
  CAPTURE(to_string(scenario.load));
  CAPTURE(to_string(scenario.wait));
  CAPTURE(scenario.producers);
  CAPTURE(scenario.consumers);
  CAPTURE(scenario.payload.bytes);
  CAPTURE(scenario.batch);
  const MessageCounts& counts = result.counts;
  CHECK(counts.published > 0);
  CHECK(conserved(counts));
  CHECK(counts.received == counts.published);
  CHECK(counts.lost == 0);
  CHECK(counts.duplicated == 0);
  CHECK(counts.reordered == 0);
  CHECK(counts.corrupt == 0);
  CHECK(result.warmup_lost == 0);
  CHECK(result.response.total() == counts.received);
  CHECK(result.service.total() == counts.received);
  CHECK(result.response.min() >= result.service.min());
  CHECK(result.response.overflow() == 0);
  CHECK(result.pacing.lag.total() == (scenario.load.open_loop() ? counts.published : 0));
  CHECK(result.pacing.unsent == 0);
  CHECK_FALSE(result.drain_timed_out);
  CHECK_FALSE(result.interrupted);
  CHECK(result.elapsed > 0ns);
}

/// In open loop the schedule alone decides how many messages there are.
void check_constant_load(const Scenario& scenario, const RepetitionResult& result) {
  const double due =
      scenario.load.rate->per_second * std::chrono::duration<double>(scenario.duration).count();
  CHECK(static_cast<double>(result.counts.published) >= due - 1);
  CHECK(static_cast<double>(result.counts.published) <= due + 1);
}

TEST_CASE("every transport keeps its books for every payload, batch and load") {
  for (const TransportEntry& entry : all_transport_entries()) {
    for (const std::uint64_t payload : {0U, 16U, 64U, 4096U}) {
      for (const std::uint32_t batch : {1U, 8U}) {
        if (!can_drive(entry, payload)) continue;
        // A server is started for each run: every payload and every batch, but not all pairs.
        if (entry.info.server && (payload == 16) != (batch == 1)) continue;
        Scenario scenario = short_scenario(std::string(entry.info.name));
        scenario.payload = ByteCount{payload};
        scenario.batch = batch;
        scenario.checksum = payload >= entry.info.min_checked_payload;
        const RepetitionResult paced = run(scenario);
        check_books(scenario, paced);
        check_constant_load(scenario, paced);
        const RepetitionResult saturated = run_saturated(scenario);
        scenario.load.rate.reset();
        check_books(scenario, saturated);
      }
    }
  }
}

TEST_CASE("producers and consumers share the work, where a transport serves many") {
  for (const TransportEntry& entry : all_transport_entries()) {
    if (entry.info.max_producers == 1) continue;
    for (const std::uint64_t payload : {16U, 64U}) {
      for (const std::uint32_t batch : {1U, 8U}) {
        if (!can_drive(entry, payload)) continue;
        Scenario scenario = short_scenario(std::string(entry.info.name));
        scenario.pattern = Pattern::queue_group;
        scenario.producers = 3;
        scenario.consumers = 2;
        scenario.payload = ByteCount{payload};
        scenario.batch = batch;
        scenario.checksum = payload >= entry.info.min_checked_payload;
        if (check_transport_limits(scenario)) continue;
        const RepetitionResult paced = run(scenario);
        check_books(scenario, paced);
        check_constant_load(scenario, paced);
        const RepetitionResult saturated = run_saturated(scenario);
        scenario.load.rate.reset();
        check_books(scenario, saturated);
      }
    }
  }
}

TEST_CASE("every way to wait keeps the books, also on a queue of one or two messages") {
  for (const TransportEntry& entry : all_transport_entries()) {
    for (const WaitStrategy wait : {WaitStrategy::spin, WaitStrategy::park}) {
      Scenario scenario = short_scenario(std::string(entry.info.name));
      scenario.wait = wait;
      scenario.capacity = 2;
      scenario.payload = ByteCount{64};
      if (!can_drive(entry, scenario.payload.bytes)) continue;
      // Spinning threads that share a core would wait for their time slices.
      if (wait == WaitStrategy::spin && allowed_cpus().size() < 2) continue;
      scenario.load.rate = MessageRate{20'000};
      check_books(scenario, run(scenario));
    }
  }
}

TEST_CASE("Poisson arrivals keep the books, and a seed decides what is sent") {
  Scenario scenario = short_scenario();
  scenario.arrivals = Arrivals::poisson;
  const RepetitionResult first = run(scenario);
  check_books(scenario, first);
  const RepetitionResult second = run(scenario);
  CHECK(first.counts.published == second.counts.published);
}

TEST_CASE("what is due before the window is in no figure, however long the warm-up is") {
  Scenario scenario = short_scenario();
  scenario.warmup = 20ms;
  scenario.duration = 10ms;
  const RepetitionResult result = run(scenario);
  check_books(scenario, result);
  check_constant_load(scenario, result);
}

TEST_CASE("rates are those of the window: messages of the warm-up do not count") {
  Scenario scenario = short_scenario();
  scenario.warmup = 20ms;
  const RepetitionResult result = run(scenario);
  CHECK(result.intended_rate == 100'000);
  // One message more or less, and never more time than there was.
  CHECK(result.offered_rate <= 100'000 * 1.01);
  CHECK(result.elapsed >= scenario.duration - 1us);
  const double seconds = std::chrono::duration<double>(result.elapsed).count();
  CHECK(result.offered_rate * seconds ==
        doctest::Approx(static_cast<double>(result.counts.published)));
}

TEST_CASE("a saturated run lasts its window, however many messages a batch moves") {
  for (const std::uint32_t batch : {1U, 64U}) {
    CAPTURE(batch);
    Scenario scenario = short_scenario();
    scenario.batch = batch;
    scenario.duration = 300ms;
    const RepetitionResult result = run_saturated(scenario);
    CHECK_FALSE(result.ended_early);
    CHECK(result.elapsed >= scenario.duration - 1us);
    CHECK(conserved(result.counts));
    CHECK(result.counts.received == result.counts.published);
    CHECK(result.counts.duplicated + result.counts.reordered + result.counts.lost == 0);
    CHECK(result.warmup_lost == 0);
    CHECK(result.too_late == 0);
  }
}

TEST_CASE("saturation has no intended rate and records one latency under both names") {
  const RepetitionResult result = run_saturated(short_scenario());
  CHECK(result.intended_rate == 0);
  CHECK(result.achieved_rate > 0);
  CHECK(result.response.max() == result.service.max());
  CHECK(result.response.mean() == result.service.mean());
}

TEST_CASE("the rate of a load that cannot be kept does not depend on the warm-up before it") {
  Scenario scenario = short_scenario("queue/spsc");
  scenario.load.rate = MessageRate{200'000};
  scenario.work = 100us;  // so 10'000/s at most are carried
  scenario.capacity = 16;
  scenario.duration = 100ms;
  scenario.drain = 50ms;
  scenario.warmup = 0ms;
  const RepetitionResult cold = run(scenario);
  CHECK(cold.pacing.backlog == 0);
  CHECK(cold.achieved_rate > 0);
  CHECK(cold.achieved_rate < 11'000);
  scenario.warmup = 300ms;
  const RepetitionResult warm = run(scenario);
  CHECK(warm.counts.received == 0);  // the window and the drain are over before the backlog is
  CHECK(warm.pacing.backlog > 0);
  for (const double rate : {warm.offered_rate, warm.achieved_rate, warm.received_rate}) {
    CHECK(rate > cold.achieved_rate / 3);  // on any machine; it was 0
    CHECK(rate < 11'000);
  }
}

TEST_CASE("a rate of regular arrivals is never above the intended one, however short the window") {
  Scenario scenario = short_scenario("queue/spsc");
  scenario.load.rate = MessageRate{0.1};
  scenario.warmup = 0ms;
  scenario.duration = 20ms;
  const RepetitionResult result = run(scenario);
  CHECK(result.counts.published == 1);
  for (const double rate : {result.offered_rate, result.achieved_rate, result.received_rate}) {
    CHECK(rate > 0);
    CHECK(rate <= 0.1);
  }
}

}  // namespace
}  // namespace busmark
