// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "aspect/early_end/watch.hpp"
#include "support/plans.hpp"
#include "transport/synthetic/synthetic.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::conserved;
using testing::short_scenario;

/// 1000 messages are due in the window.
Scenario watched(std::vector<std::string> budgets) {
  Scenario scenario;
  scenario.load.rate = MessageRate{1000};
  scenario.duration = 1s;
  scenario.budget.clear();
  for (const std::string& budget : budgets) scenario.budget.push_back(parse_budget(budget));
  return scenario;
}

/// So many fast messages, then slow ones, in one interval of a tenth of a second.
IntervalResult interval(std::uint64_t fast, std::uint64_t slow, Nanoseconds slow_takes = 6ms) {
  Histogram histogram;
  histogram.record_n(1'000, fast);
  histogram.record_n(static_cast<std::uint64_t>(slow_takes.count()), slow);
  IntervalResult result;
  result.start = 200ms;
  result.length = 100ms;
  result.response.assign(histogram);
  return result;
}

TEST_CASE("a percentile is missed for certain once too many messages are beyond its limit") {
  // Of at most 1001 messages 50 may be beyond p95. Its interval, of 13 more ranks, may too.
  BudgetWatch watch(watched({"p95 < 5ms"}));
  CHECK_FALSE(watch.add(interval(10, 60)));
  CHECK_FALSE(watch.add(interval(10, 4)));
  const auto missed = watch.add(interval(0, 1));
  REQUIRE(missed);
  CHECK(missed->budget == "p95 < 5ms");
  CHECK(missed->after == 300ms);
  CHECK(missed->beyond == 65);
  CHECK(missed->enough == 65);
  CHECK(missed->planned == 1001);
  CHECK(missed->reason == "65 of at most 1001 messages were beyond the limit, and 65 decide it");
}

TEST_CASE("messages whose bucket only touches the limit decide nothing") {
  BudgetWatch watch(watched({"p95 < 5ms"}));
  const auto limit = static_cast<std::uint64_t>(Nanoseconds(5ms).count());
  const HistogramShape& shape = Histogram::shape();
  const std::uint64_t below = shape.lowest_value(shape.index_of(limit));
  REQUIRE(below < limit);  // its bucket holds values on both sides
  CHECK_FALSE(watch.add(interval(0, 900, Nanoseconds(static_cast<std::int64_t>(below)))));
}

TEST_CASE("what cannot be certain is not called so, however bad it looks") {
  // Nothing is known of how many will come.
  Scenario saturated = watched({"p50 < 5ms", "mean < 5ms"});
  saturated.load.rate.reset();
  CHECK_FALSE(BudgetWatch(saturated).add(interval(0, 100'000)));
  // Only the end tells these.
  BudgetWatch counts(watched({"lost == 0", "refused == 0", "rate >= 100k/s", "delivery >= 99%"}));
  CHECK_FALSE(counts.add(interval(0, 1000)));
}

TEST_CASE("one message decides a maximum, at any load") {
  for (const bool open_loop : {true, false}) {
    Scenario scenario = watched({"p99 < 1s", "max < 5ms"});
    if (!open_loop) scenario.load.rate.reset();
    BudgetWatch watch(scenario);
    CHECK_FALSE(watch.add(interval(100, 1, 4ms)));
    const auto missed = watch.add(interval(100, 1, 7ms));
    REQUIRE(missed);
    CHECK(missed->budget == "max < 5ms");
    CHECK(missed->reason.starts_with("a message took "));
  }
}

TEST_CASE("a mean is missed for certain when no quick rest could make up for it") {
  BudgetWatch watch(watched({"mean < 1ms"}));
  CHECK_FALSE(watch.add(interval(0, 99, 10ms)));
  CHECK_FALSE(watch.add(interval(0, 1, 10ms)));  // a little less than 1 ms over 1001
  const auto missed = watch.add(interval(0, 2, 10ms));
  REQUIRE(missed);
  CHECK(missed->enough == 0);
}

TEST_CASE("deliveries to several subscribers are counted, and are not independent") {
  Scenario scenario = watched({"p95 < 5ms"});
  scenario.pattern = Pattern::fan_out;
  scenario.consumers = 4;
  BudgetWatch watch(scenario);
  CHECK_FALSE(watch.add(interval(0, 255)));  // 4 x 50, and an interval of twice 26 more
  CHECK(watch.add(interval(0, 1)));
}

/// One repetition over the synthetic transport with every message held for 20 ms.
RepetitionResult run_slow(const Scenario& scenario, bool abort, const StopFlag& stop) {
  SyntheticProgram program{.clock = testing::test_clock()};
  program.delay.low = 20ms;
  RepetitionPlan plan = testing::make_plan(scenario);
  plan.synthetic = &program;
  plan.abort_on_fail = abort;
  LiveProgress live(testing::test_clock());
  return find_transport("synthetic")->run(plan, stop, live);
}

Scenario slow_scenario() {
  Scenario scenario = short_scenario("synthetic");
  scenario.load.rate = MessageRate{10'000};
  scenario.capacity = 65'536;
  scenario.duration = 600s;
  scenario.interval = 10ms;
  scenario.budget = {parse_budget("max < 1ms")};
  return scenario;
}

TEST_CASE("a repetition ends when a budget is missed for certain, with its books in order") {
  const StopFlag stop{false};
  const RepetitionResult result = run_slow(slow_scenario(), true, stop);
  REQUIRE(result.missed);
  CHECK(result.missed->budget == "max < 1ms");
  CHECK(result.missed->after < 600s);
  CHECK(result.ended_early);
  CHECK_FALSE(result.interrupted);
  CHECK_FALSE(stop.load());  // the next repetition finds it as it was
  CHECK(result.elapsed < 600s);
  CHECK(result.counts.published > 0);
  CHECK(conserved(result.counts));
  CHECK(result.counts.lost == 0);
  CHECK(result.response.total() == result.counts.received);
}

TEST_CASE("an interrupted repetition is that, whatever its budgets") {
  const StopFlag stop{true};
  const RepetitionResult result = run_slow(slow_scenario(), true, stop);
  CHECK(result.interrupted);
  CHECK_FALSE(result.missed);
  CHECK(stop.load());
}

TEST_CASE("a budget that is missed ends nothing where nobody asked for it, or one that holds") {
  Scenario scenario = slow_scenario();
  scenario.duration = 60ms;
  const StopFlag stop{false};
  CHECK_FALSE(run_slow(scenario, false, stop).ended_early);
  scenario.budget = {parse_budget("max < 60s")};
  CHECK_FALSE(run_slow(scenario, true, stop).ended_early);
}

TEST_CASE("a stop flag keeps apart what was raised and what was called off") {
  StopFlag stop{false};
  stop.call_off();
  CHECK(stop.load());
  CHECK_FALSE(stop.raised());
  CHECK_FALSE(stop.raise());  // the first time
  stop.take_back();
  CHECK(stop.load());
  CHECK(stop.raised());
  CHECK(stop.raise());
  stop = false;
  CHECK_FALSE(stop.load());
}

}  // namespace
}  // namespace busmark
