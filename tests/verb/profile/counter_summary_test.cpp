// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "verb/profile/judge.hpp"

namespace busmark {
namespace {

constexpr auto kCyclesIndex = static_cast<std::size_t>(PerfEvent::cycles);
constexpr auto kInstructionsIndex = static_cast<std::size_t>(PerfEvent::instructions);
constexpr auto kClockIndex = static_cast<std::size_t>(PerfEvent::task_clock);

ThreadIncrease thread_with(double cycles, double instructions, double nanoseconds) {
  ThreadIncrease thread;
  thread[kCyclesIndex] = CounterIncrease{cycles, 1};
  thread[kInstructionsIndex] = CounterIncrease{instructions, 1};
  thread[kClockIndex] = CounterIncrease{nanoseconds, 1};
  return thread;
}

CountedWindow window_with(std::uint64_t messages, std::vector<ThreadIncrease> threads) {
  CountedWindow window;
  window.counted = Nanoseconds(1'000'000);
  window.messages = messages;
  window.threads.resize(threads.size());
  window.counts = std::move(threads);
  return window;
}

TEST_CASE("figures are per message: the threads of a role together, the median of repetitions") {
  const CounterSummary summary = summarise_counters(
      {window_with(100, {thread_with(1000, 2000, 1e6), thread_with(3000, 1000, 1e6),
                         thread_with(500, 1500, 5e5)}),
       window_with(200, {thread_with(1000, 2000, 1e6), thread_with(1000, 2000, 1e6),
                         thread_with(500, 1500, 5e5)}),
       window_with(100, {thread_with(1000, 2000, 1e6), thread_with(1000, 2000, 1e6),
                         thread_with(500, 1500, 5e5)})},
      2, false);
  CHECK(summary.repetitions == 3);
  CHECK(summary.messages == 400);
  REQUIRE(summary.roles.size() == 2);
  const RoleCounters& producers = summary.roles[0];
  CHECK(producers.role == "producer");
  CHECK(producers.threads == 2);
  REQUIRE(producers.per_message[kCyclesIndex]);
  CHECK(producers.per_message[kCyclesIndex]->median == 20);
  CHECK(producers.per_message[kCyclesIndex]->least == 10);
  CHECK(producers.per_message[kCyclesIndex]->most == 40);
  REQUIRE(producers.instructions_per_cycle);
  CHECK(producers.instructions_per_cycle->least == doctest::Approx(0.75));
  CHECK(producers.instructions_per_cycle->most == doctest::Approx(2));
  REQUIRE(producers.on_core);
  CHECK(producers.on_core->median == 1);
  CHECK(summary.roles[1].role == "consumer");
  CHECK(summary.roles[1].on_core->median == doctest::Approx(0.5));
}

TEST_CASE("an event that one thread lacks is no figure of its role, and its reason is kept") {
  CountedWindow window = window_with(10, {thread_with(1, 1, 1), thread_with(1, 1, 1)});
  window.counts[1][kCyclesIndex].reset();
  window.problems[kCyclesIndex] = "none here";
  const CounterSummary summary = summarise_counters({window}, 1, false);
  CHECK(summary.roles.at(0).per_message[kCyclesIndex]);
  CHECK_FALSE(summary.roles.at(1).per_message[kCyclesIndex]);
  CHECK_FALSE(summary.roles.at(1).instructions_per_cycle);
  CHECK(summary.roles.at(1).per_message[kInstructionsIndex]);
  CHECK(summary.problems[kCyclesIndex] == "none here");
}

TEST_CASE("windows without messages or counts are left out, whatever else there is of them") {
  CountedWindow refused;
  refused.messages = 5;
  refused.problems[kCyclesIndex] = "refused";
  refused.user_only = true;
  const CounterSummary summary =
      summarise_counters({window_with(0, {thread_with(1, 1, 1)}), refused}, 1, true);
  CHECK(summary.repetitions == 0);
  CHECK(summary.roles.empty());
  CHECK(summary.problems[kCyclesIndex] == "refused");
  CHECK(summary.user_only);
  CHECK(summarise_counters({}, 1, false).roles.empty());
}

TEST_CASE("the smallest share of the time in which an event was really counted is kept") {
  CountedWindow window = window_with(10, {thread_with(1, 1, 1), thread_with(1, 1, 1)});
  window.counts[1][kCyclesIndex]->counted = 0.25;
  const CounterSummary summary = summarise_counters({window}, 1, false);
  CHECK(summary.counted[kCyclesIndex] == 0.25);
  CHECK(summary.counted[kInstructionsIndex] == 1);
}

TEST_CASE("an operation has one thread and one role") {
  const CounterSummary summary =
      summarise_counters({window_with(10, {thread_with(50, 1, 1)})}, 1, true);
  REQUIRE(summary.roles.size() == 1);
  CHECK(summary.roles[0].role == "operation");
  CHECK(summary.roles[0].per_message[kCyclesIndex]->median == 5);
}

}  // namespace
}  // namespace busmark
