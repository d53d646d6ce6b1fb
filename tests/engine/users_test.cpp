// SPDX-License-Identifier: Apache-2.0
#include "aspect/users/users.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "engine/user_crowd.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::conserved;
using testing::run;

Scenario closed_loop(std::uint32_t users, const char* think) {
  Scenario scenario = testing::short_scenario("bus/mpmc");
  scenario.pattern = Pattern::request_reply;
  scenario.load.rate.reset();
  scenario.users = users;
  scenario.think = parse_think(think);
  scenario.duration = 200ms;
  return scenario;
}

double total_ns(const Histogram& histogram) {
  return histogram.mean() * static_cast<double>(histogram.total());
}

TEST_CASE("users = rate x the time of a turn, whatever the thinking time (Little's law)") {
  for (const char* think : {"2ms", "exp(2ms)", "uniform(1ms, 3ms)", "0ns"}) {
    Scenario scenario = closed_loop(12, think);
    scenario.work = 50us;
    scenario.producers = 2;
    const RepetitionResult result = run(scenario);
    CAPTURE(think);
    CHECK(conserved(result.counts));
    CHECK(result.counts.received == result.counts.published);
    CHECK(result.counts.corrupt == 0);
    CHECK(result.intended_rate == 0);
    const double turns = total_ns(result.response) +
                         static_cast<double>(result.users.thought.count()) +
                         total_ns(result.pacing.lag);
    const double users = turns / static_cast<double>(result.elapsed.count());
    // A turn that lies across an end of the window is counted whole or not at all.
    const double edges = 2 * static_cast<double>(result.response.max()) /
                         static_cast<double>(result.elapsed.count());
    CHECK(std::abs(users - 12) <= 12 * (0.05 + edges));
  }
}

TEST_CASE("more users than the responder serves wait, and the rate is his") {
  Scenario scenario = closed_loop(40, "1ms");
  scenario.work = 200us;
  const RepetitionResult result = run(scenario);
  CHECK(result.received_rate <= 5000 * 1.05);
  // 40 users, 5000 turns a second: 8 ms a turn, of which 1 ms is thought.
  CHECK(result.response.mean() >= 6.5e6);
  CHECK(result.users.thoughts > 0);
}

TEST_CASE("a user who waits sends nothing, so one user has one request on its way at a time") {
  Scenario scenario = closed_loop(1, "0ns");
  scenario.work = 500us;
  scenario.batch = 16;
  const RepetitionResult result = run(scenario);
  CHECK(result.counts.published <= 401);
  CHECK(result.response.max() >= 500'000);
  CHECK(result.counts.received == result.counts.published);
}

TEST_CASE("the crowd lets the user go first who has thought longest, and counts none twice") {
  ProducerRecord record;
  const WorkerTask task{.clock = testing::test_clock(),
                        .window = {.start = 0, .measure = 100, .end = 1'000'000, .give_up = 0}};
  UserCrowd crowd(2, ThinkTimes(parse_think("0ns"), 1e9, 0, 1), record);
  CHECK(crowd.next_due() > 1'000'000);
  crowd.begin(10);
  crowd.begin(999);
  CHECK(crowd.next_due() == 10);
  crowd.send(task, 50);
  crowd.send(task, 60);
  CHECK(crowd.next_due() > 1'000'000);
  crowd.answered(1, task.window, 300);
  crowd.answered(5, task.window, 200);  // four of them are copies
  CHECK(crowd.next_due() == 200);
  crowd.send(task, 250);
  CHECK(crowd.next_due() == 300);
  CHECK(record.users.thoughts == 2);
  CHECK(record.pacing.total() == 1);  // the first two belong to the warm-up
}

TEST_CASE("thinking times have the mean and the spread of their shape") {
  for (const char* text : {"1ms", "exp(1ms)", "uniform(500us, 1500us)"}) {
    ThinkTimes times(parse_think(text), 1e9, 0, 1);
    constexpr int kDraws = 100'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const auto time = static_cast<double>(times.next());
      sum += time;
      squares += time * time;
    }
    const double mean = sum / kDraws;
    CAPTURE(text);
    CHECK(mean == doctest::Approx(1e6).epsilon(0.02));
    const double variance = squares / kDraws - mean * mean;
    const Think think = parse_think(text);
    const double expected = think.shape == ThinkShape::constant      ? 0
                            : think.shape == ThinkShape::exponential ? 1e12
                                                                     : 1e12 / 12;
    CHECK(std::abs(variance - expected) < 0.05e12);
  }
}

}  // namespace
}  // namespace busmark
