// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/slow_result.hpp"

#include <array>

#include <doctest/doctest.h>

#include "../support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

SlowEvent event_of(Nanoseconds response) {
  SlowEvent event;
  event.response = response;
  return event;
}

TEST_CASE("a cause is named only where it explains at least half of the time") {
  SlowEvent event = event_of(1ms);
  CHECK(cause_of(event) == SlowCause::unknown);
  event.held = 400us;
  event.evidence.waited = 400us;
  event.evidence.stolen = 400us;
  event.evidence.minor_faults = 400;
  CHECK(cause_of(event) == SlowCause::unknown);
  event.held = 600us;
  CHECK(cause_of(event) == SlowCause::sent_late);
  event.evidence.minor_faults = 600;
  CHECK(cause_of(event) == SlowCause::page_faults);
  event.evidence.waited = 600us;
  CHECK(cause_of(event) == SlowCause::preempted);
  event.evidence.stolen = 600us;
  CHECK(cause_of(event) == SlowCause::host);
  event.evidence.pauses = 1;
  CHECK(cause_of(event) == SlowCause::stopped);
}

TEST_CASE("one fault from disk explains a slow message") {
  SlowEvent event = event_of(1ms);
  event.evidence.major_faults = 1;
  CHECK(cause_of(event) == SlowCause::page_faults);
}

KernelMoment moment(std::int64_t ticks, Nanoseconds first, Nanoseconds second,
                    std::optional<Nanoseconds> stolen) {
  KernelMoment moment;
  moment.ticks = ticks;
  moment.threads = {{.waited = first, .turns = static_cast<std::uint64_t>(ticks)},
                    {.waited = second, .turns = 0}};
  moment.cores = {{.stolen = stolen, .interrupts = static_cast<std::uint64_t>(10 * ticks)},
                  {.stolen = stolen, .interrupts = {}}};
  return moment;
}

TEST_CASE("evidence is what was counted from the reading before to the reading behind") {
  const std::array moments{moment(100, 0us, 0us, 0us), moment(200, 1us, 5us, 10us),
                           moment(300, 9us, 6us, 20us), moment(400, 9us, 7us, 5us)};
  const std::array<std::string, 2> roles{"producer 0", "consumer 0"};
  const Clock& clock = testing::test_clock();

  const SlowEvidence inner = evidence_between(moments, roles, 250, 290, clock);
  CHECK(inner.waited == 8us);
  CHECK(inner.waiter == "producer 0");
  CHECK(inner.turns == 100);
  CHECK(inner.stolen == 20us);  // of two cores
  CHECK(inner.interrupts == 1000);
  CHECK(inner.span == clock.duration(100));

  const SlowEvidence across = evidence_between(moments, roles, 150, 250, clock);
  CHECK(across.waiter == "producer 0");
  CHECK(across.waited == 9us);

  // Outside of all readings: the nearest ones. A counter that stepped back counts nothing.
  const SlowEvidence behind = evidence_between(moments, roles, 390, 500, clock);
  CHECK(behind.waited == 1us);
  CHECK(behind.waiter == "consumer 0");
  CHECK(behind.stolen == 0us);
  CHECK(evidence_between(moments, roles, 0, 50, clock).turns == 0);
}

TEST_CASE("a repetition keeps and explains its slow messages where it is asked to") {
  Scenario scenario = testing::short_scenario();
  CHECK(!testing::run(scenario).slow);
  scenario.slow_over = 1ns;
  const RepetitionResult result = testing::run(scenario);
  REQUIRE(result.slow);
  CHECK(result.slow->over == 1ns);
  CHECK(result.slow->messages == result.counts.received);
  REQUIRE(!result.slow->worst.empty());
  CHECK(result.slow->worst.size() <= SlowResult::kKept);
  CHECK(result.slow->episodes >= result.slow->worst.size());
  const SlowEvent& worst = result.slow->worst.front();
  CHECK(worst.response <= as_nanoseconds(result.response.max()) + 1us);
  CHECK(worst.response + 1us >= as_nanoseconds(result.response.max()));
  CHECK(worst.held <= worst.response);
  CHECK(worst.begin >= 0ns);
  CHECK(worst.end >= worst.begin + worst.response);
  CHECK(worst.evidence.span > 0ns);
  for (std::size_t i = 1; i < result.slow->worst.size(); ++i) {
    CHECK(result.slow->worst[i].response <= result.slow->worst[i - 1].response);
  }
}

}  // namespace
}  // namespace busmark
