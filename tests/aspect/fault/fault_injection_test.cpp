// SPDX-License-Identifier: Apache-2.0
// Faults on purpose: when they come, what of them is measured, and that nothing hangs.
#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "aspect/fault/director.hpp"
#include "aspect/fault/result.hpp"
#include "engine/books/silences.hpp"
#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "plan/limits.hpp"
#include "record/fault.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::conserved;

Scenario scenario_with(const std::string& transport, const Fault& fault) {
  Scenario scenario = testing::short_scenario(transport);
  scenario.load.rate = MessageRate{5000};
  scenario.payload = ByteCount{32};
  scenario.warmup = 5ms;
  scenario.duration = 300ms;
  scenario.drain = 100ms;
  scenario.fault = fault;
  return scenario;
}

RepetitionResult run_within_limits(const Scenario& scenario) {
  REQUIRE_FALSE(check_transport_limits(scenario).has_value());
  const StopFlag stop{false};
  LiveProgress live(testing::test_clock());
  return find_transport(scenario.transport)->run(testing::make_plan(scenario), stop, live);
}

/// What holds of every repetition with a fault.
void check_books(const RepetitionResult& result) {
  CHECK(conserved(result.counts));
  CHECK(result.counts.corrupt == 0);
  REQUIRE(result.fault.has_value());
  const FaultResult& fault = *result.fault;
  const std::uint64_t named =
      std::accumulate(fault.lost.begin(), fault.lost.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const auto& range) { return sum + range.size(); });
  CHECK(named == result.counts.lost);
  CHECK(fault.lost_ranges == fault.lost.size());
  CHECK(fault.duplicated.has_value() == (result.counts.duplicated != 0));
  CHECK(fault.reordered.has_value() == (result.counts.reordered != 0));
  CHECK(fault.over >= fault.begun);
}

/// A busy machine may let a fault pass before anybody notices: then again, and longer.
template <typename Seen>
RepetitionResult run_until(Scenario scenario, Seen seen) {
  for (int tries = 1;; ++tries) {
    RepetitionResult result = run_within_limits(scenario);
    check_books(result);
    if (seen(result) || tries == 7) return result;
    scenario.duration *= 2;
    scenario.drain *= 2;
    scenario.fault->lasts *= 2;
  }
}

bool has_nats() { return testing::can_drive(*find_transport("nats/wire"), 32); }

TEST_CASE("a consumer that stands still is silent for as long, and nothing is lost by it") {
  for (const char* const transport : {"queue/spsc", "bus/mpmc"}) {
    Scenario scenario = scenario_with(transport, {FaultKind::stall, 100ms, 60ms});
    scenario.drain = 60s;
    const RepetitionResult result = run_within_limits(scenario);
    CAPTURE(transport);
    check_books(result);
    CHECK(result.counts.lost == 0);
    REQUIRE(result.fault->outage.has_value());
    CHECK(*result.fault->outage >= 58ms);
    CHECK_FALSE(result.fault->lasting);
    CHECK(result.fault->begun >= 100ms);
    CHECK(result.fault->over >= 160ms);
    REQUIRE(result.fault->p95_before.has_value());
    // What was due while it stood still waited for it.
    CHECK(testing::samples_from(result.response, 30ms) > 100);
  }
}

TEST_CASE("a slow consumer stands still again and again") {
  Scenario scenario = scenario_with("queue/spsc", {FaultKind::slow, 50ms, 100ms});
  scenario.drain = 60s;
  const RepetitionResult result = run_within_limits(scenario);
  check_books(result);
  CHECK(result.counts.lost == 0);
  CHECK(testing::samples_from(result.response, 4ms) > 50);
}

TEST_CASE("a run that is stopped waits for no consumer that stands still, and has no fault then") {
  Scenario scenario = scenario_with("queue/spsc", {FaultKind::stall, 10ms, 1h});
  scenario.duration = 2h;
  StopFlag stop{false};
  LiveProgress live(testing::test_clock());
  std::jthread stopper([&] {
    std::this_thread::sleep_for(60ms);
    stop.store(true);
  });
  const RepetitionResult result =
      find_transport(scenario.transport)->run(testing::make_plan(scenario), stop, live);
  CHECK(result.interrupted);
  CHECK(conserved(result.counts));
  CHECK_FALSE(result.fault.has_value());
}

TEST_CASE("a killed server is back, and every message is received or known to be lost") {
  if (!has_nats()) return;
  for (int round = 0; round < 3; ++round) {
    const RepetitionResult result =
        run_until(scenario_with("nats/wire", {FaultKind::kill, 80ms, 40ms}), [](const auto& each) {
          return std::all_of(each.nats->endpoints.begin(), each.nats->endpoints.end(),
                             [](const auto& end) { return end.counters.reconnects != 0; });
        });
    CHECK(result.counts.refused == 0);
    CHECK(result.counts.published == result.counts.received + result.counts.lost);
    REQUIRE(result.fault->outage.has_value());
    CHECK(*result.fault->outage >= 40ms);
    for (const NatsEndpointReport& endpoint : result.nats->endpoints) {
      CAPTURE(endpoint.role);
      CHECK(endpoint.counters.reconnects >= 1);
      REQUIRE_FALSE(endpoint.earlier_ends.empty());
      CHECK(endpoint.earlier_ends[0].find("the connection") != std::string::npos);
    }
  }
}

TEST_CASE("every fault of a server comes, goes and is accounted for") {
  if (!has_nats()) return;
  for (const FaultKind kind : {FaultKind::terminate, FaultKind::lame_duck, FaultKind::freeze,
                               FaultKind::wrong_credentials}) {
    CAPTURE(to_string(kind));
    const bool ends_none = kind == FaultKind::freeze;
    const RepetitionResult result =
        run_until(scenario_with("nats/wire", {kind, 80ms, 40ms}), [&](const auto& each) {
          return each.counts.received != 0 &&
                 each.nats->endpoints[0].earlier_ends.empty() == ends_none;
        });
    CHECK(result.counts.received > 0);
    CHECK(result.nats->endpoints[0].earlier_ends.empty() == ends_none);
    if (kind == FaultKind::wrong_credentials) {
      CHECK(result.nats->endpoints[0].counters.errors > 0);
    }
  }
}

TEST_CASE("a message that is too large costs its producer the connection, and not more") {
  if (!has_nats()) return;
  const auto told = [](const RepetitionResult& each) {
    for (const NatsEndpointReport& endpoint : each.nats->endpoints) {
      for (const std::string& end : endpoint.earlier_ends) {
        if (end.find("Maximum Payload Violation") != std::string::npos) return true;
      }
    }
    return false;
  };
  const RepetitionResult result =
      run_until(scenario_with("nats/wire", {FaultKind::oversize, 80ms, 0ns}), told);
  CHECK(told(result));
  CHECK(result.fault->begun == result.fault->over);
}

TEST_CASE("requests without a responder are known to be lost, and the server says so") {
  if (!has_nats()) return;
  Scenario scenario = scenario_with("nats/wire", {FaultKind::no_responders, 80ms, 60ms});
  scenario.pattern = Pattern::request_reply;
  const auto unanswered = [](const RepetitionResult& each) {
    std::uint64_t sum = 0;
    for (const NatsEndpointReport& endpoint : each.nats->endpoints) sum += endpoint.unanswered;
    return sum;
  };
  const RepetitionResult result =
      run_until(scenario, [&](const RepetitionResult& each) { return unanswered(each) != 0; });
  CHECK(unanswered(result) > 0);
  CHECK(result.fault->outage.has_value());
  // What was on its way when the drain ended is lost as well.
  CHECK(unanswered(result) <= result.counts.lost);
  for (const NatsEndpointReport& endpoint : result.nats->endpoints) CHECK(endpoint.foreign == 0);
}

TEST_CASE("a fault that cannot be is refused with the reason") {
  const auto why = [](const char* transport, const Fault& fault) {
    return check_transport_limits(scenario_with(transport, fault)).value_or("nothing");
  };
  CHECK(why("queue/spsc", {FaultKind::kill, 1ms, 1ms}) ==
        "queue/spsc has no fault \"kill\"; it has stall, slow or corrupt");
  CHECK(why("queue/spsc", {FaultKind::stall, 100ms, 200ms}).find("the fault ends 300ms") == 0);
  CHECK(why("nats/wire", {FaultKind::no_responders, 1ms, 1ms}).find("request-reply") !=
        std::string::npos);
  CHECK(why("nats/wire", {FaultKind::kill, 1ms, 1ms}) == "nothing");
}

/// Of 10 ms of 10k/s.
RepetitionResult corrupt_run(const std::string& transport, Pattern pattern, std::uint32_t batch) {
  Scenario scenario = testing::short_scenario(transport);
  scenario.load.rate = MessageRate{10'000};
  scenario.pattern = pattern;
  scenario.consumers = pattern == Pattern::one_way ? 1 : 2;
  scenario.payload = ByteCount{64};
  if (transport == "synthetic") scenario.payload = ByteCount{16};
  scenario.duration = 20ms;
  scenario.checksum = true;
  scenario.batch = batch;
  scenario.fault = Fault{FaultKind::corrupt, 5ms, 10ms};
  REQUIRE(check_transport_limits(scenario) == std::nullopt);
  return testing::run(scenario);
}

TEST_CASE("every payload that is broken on purpose is found, on every transport and pattern") {
  for (const TransportEntry& entry : all_transport_entries()) {
    if (!testing::can_drive(entry, entry.info.max_payload == 16 ? 16 : 64)) continue;
    for (const Pattern pattern :
         {Pattern::one_way, Pattern::fan_out, Pattern::request_reply, Pattern::pipeline}) {
      if (!entry.info.patterns.contains(pattern)) continue;
      const std::string name(entry.info.name);
      CAPTURE(name);
      CAPTURE(to_string(pattern));
      const RepetitionResult result = corrupt_run(name, pattern, 1);
      REQUIRE(result.fault);
      REQUIRE(result.fault->corrupt);
      const std::uint64_t copies = pattern == Pattern::fan_out ? 2 : 1;
      const std::uint64_t planted = result.fault->corrupt->planted;
      CHECK(planted >= 99 * copies);
      CHECK(planted <= 101 * copies);
      CHECK(planted % copies == 0);
      CHECK(result.fault->corrupt->found == planted);
      CHECK(result.counts.corrupt == planted);
      CHECK(conserved(result.counts));
      CHECK(result.counts.lost == 0);
      CHECK(result.fault->begun > 4999us);  // ticks are finer than nanoseconds, or coarser
      CHECK(result.fault->begun < 5001us);
    }
  }
}

TEST_CASE("a batch that begins while payloads are broken is broken as a whole") {
  const RepetitionResult result = corrupt_run("queue/spsc", Pattern::one_way, 8);
  CHECK(result.fault->corrupt->planted >= 100 - 7);
  CHECK(result.fault->corrupt->planted <= 100 + 7);
  CHECK(result.fault->corrupt->found == result.fault->corrupt->planted);
}

TEST_CASE("payloads that nobody could find broken are not broken") {
  Scenario scenario = scenario_with("queue/spsc", {FaultKind::corrupt, 1ms, 1ms});
  CHECK(check_transport_limits(scenario)->find("needs checksum = true") != std::string::npos);
  scenario.checksum = true;
  scenario.payload = ByteCount{8};
  CHECK(check_transport_limits(scenario)->find("write payload = \"9B\"") != std::string::npos);
  scenario.transport = "nats/wire";
  scenario.payload = ByteCount{28};
  CHECK(check_transport_limits(scenario)->find("write payload = \"29B\"") != std::string::npos);
}

TEST_CASE("the longest silences are kept, of those that count") {
  Silences silences;
  silences.note(5, 1'000'000);
  CHECK(silences.all().empty());  // not armed
  silences.arm(10, 100);
  silences.note(0, 1000);  // before the first message
  silences.note(10, 99);   // over too soon
  silences.note(90, 100);  // not longer
  CHECK(silences.all().empty());
  silences.note(89, 100);
  REQUIRE(silences.all().size() == 1);
  CHECK(silences.all()[0].length() == 11);
  for (std::int64_t i = 0; i < 1000; ++i) silences.note(1000 * i + 1000, 1000 * i + 1020 + i % 500);
  CHECK(silences.all().size() == 256);
  for (const Silence& silence : silences.all()) CHECK(silence.length() >= 20 + 372 - 1);
}

TEST_CASE("a set of faults has what it was made of") {
  constexpr FaultSet set{FaultKind::kill, FaultKind::oversize};
  for (const FaultKind kind : kAllFaults) {
    CHECK(set.contains(kind) == (kind == FaultKind::kill || kind == FaultKind::oversize));
  }
}

}  // namespace
}  // namespace busmark
