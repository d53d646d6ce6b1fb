// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <doctest/doctest.h>

#include "aspect/tail/result.hpp"
#include "support/plans.hpp"

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
  CHECK(cause_of(event) == SlowCause::host);  // a SIGCONT stops nothing
  event.evidence.unread = 600us;
  CHECK(cause_of(event) == SlowCause::stopped);
  event.broken = true;
  CHECK(cause_of(event) == SlowCause::fault);
}

TEST_CASE("one fault from disk explains a slow message") {
  SlowEvent event = event_of(1ms);
  event.evidence.major_faults = 1;
  CHECK(cause_of(event) == SlowCause::page_faults);
}

KernelMoment moment(std::int64_t ticks, Nanoseconds first, Nanoseconds second,
                    std::optional<Nanoseconds> stolen) {
  KernelMoment moment;
  moment.begin = ticks;
  moment.end = ticks + 10;
  moment.threads = {ThreadCounts{.waited = first, .turns = static_cast<std::uint64_t>(ticks)},
                    ThreadCounts{.waited = second, .turns = 0}, std::nullopt};
  moment.cores = {{.stolen = stolen, .interrupts = static_cast<std::uint64_t>(10 * ticks)},
                  {.stolen = stolen, .interrupts = {}}};
  return moment;
}

TEST_CASE("evidence is what was counted from the reading before to the reading behind") {
  const std::array moments{moment(100, 0us, 0us, 0us), moment(200, 1us, 5us, 10us),
                           moment(300, 9us, 6us, 20us), moment(400, 9us, 7us, 5us)};
  const std::array<NamedThread, 3> threads{
      {{0, "producer 0"}, {1, "consumer 0"}, {2, "consumer 1"}}};
  const Clock& clock = testing::test_clock();
  const auto between = [&](std::int64_t begin, std::int64_t end) {
    return evidence_between(moments, threads, begin, end, clock);
  };

  const SlowEvidence inner = between(250, 290);
  CHECK(inner.waited == 8us);
  CHECK(inner.waiter == "producer 0");
  CHECK(inner.turns == 100);
  CHECK(inner.stolen == 20us);  // of two cores
  CHECK(inner.interrupts == 1000);
  CHECK(inner.span == clock.duration(110));
  CHECK(inner.unread == clock.duration(90));

  // A reading during which it began or ended may have missed a part.
  CHECK(between(205, 290).turns == 200);
  CHECK(between(250, 305).turns == 200);

  // Only threads on its way count.
  const SlowEvidence second =
      evidence_between(moments, std::span(threads).subspan(1), 150, 250, clock);
  CHECK(second.waiter == "consumer 0");
  CHECK(second.waited == 6us);

  // Outside of all readings: the nearest ones. A counter that stepped back counts nothing.
  const SlowEvidence behind = between(395, 500);
  CHECK(behind.waited == 1us);
  CHECK(behind.waiter == "consumer 0");
  CHECK(behind.stolen == 0us);
  CHECK(between(0, 50).turns == 0);
}

TEST_CASE("of threads that cannot be read nothing is known, which is not nothing") {
  const std::array moments{moment(100, 0us, 0us, 0us), moment(200, 1us, 5us, 10us)};
  const std::array<NamedThread, 1> unread{{{2, "consumer 1"}}};
  const SlowEvidence evidence = evidence_between(moments, unread, 120, 150, testing::test_clock());
  CHECK(!evidence.waited);
  CHECK(!evidence.turns);
  CHECK(!evidence.major_faults);
  CHECK(evidence.stolen == 20us);
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
