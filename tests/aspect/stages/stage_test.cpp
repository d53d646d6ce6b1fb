// SPDX-License-Identifier: Apache-2.0
#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "aspect/stages/recovery.hpp"
#include "aspect/stages/result.hpp"
#include "aspect/stages/stages.hpp"
#include "engine/books/stage_books.hpp"
#include "engine/load_curve.hpp"
#include "engine/repetition.hpp"
#include "plan/limits.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::conserved;
using testing::run;

Scenario staged(const std::vector<std::string>& lines, const std::string& transport) {
  Scenario scenario = testing::short_scenario(transport);
  for (const std::string& line : lines) scenario.stages.push_back(parse_stage(line));
  scenario.load.rate = MessageRate{20'000};
  scenario.duration = load_stages(scenario).back().end();
  scenario.interval = 10ms;
  return scenario;
}

const std::vector<std::string> kEverything{
    "1x for 10ms",   "ramp to 5x over 10ms",           "step -2x every 5ms to 1x",
    "quiet for 5ms", "burst of 50 every 4ms for 10ms", "on 1ms off 3ms at 5x for 10ms",
    "2x for 5ms"};

template <typename Items, typename Field>
std::uint64_t sum(const Items& items, Field field) {
  return std::accumulate(
      items.begin(), items.end(), std::uint64_t{0},
      [&](std::uint64_t so_far, const auto& item) { return so_far + item.*field; });
}

void check_stages(const Scenario& scenario, const RepetitionResult& result) {
  CAPTURE(scenario.transport);
  CAPTURE(to_string(scenario.pattern));
  CAPTURE(to_string(scenario.arrivals));
  CAPTURE(scenario.producers);
  const std::uint32_t copies = MessageFlow(scenario).copies();
  const MessageCounts& counts = result.counts;
  CHECK(conserved(counts));
  CHECK(counts.received == counts.published);
  CHECK(result.response.total() == counts.received);
  CHECK(sum(result.stages, &StageResult::published) * copies == counts.published);
  CHECK(sum(result.stages, &StageResult::received) == counts.received);
  CHECK(sum(result.stages, &StageResult::refused) == 0);
  CHECK(sum(result.stages, &StageResult::unsent) == 0);
  CHECK(sum(result.load_series, &LoadInterval::due) * copies == counts.published);
  CHECK(sum(result.load_series, &LoadInterval::received) == counts.received);
  CHECK(sum(result.load_series, &LoadInterval::sent) * copies <= counts.published);
  CHECK(sum(result.load_series, &LoadInterval::sent) == sum(result.stages, &StageResult::sent));
  const auto rows = load_stages(scenario);
  REQUIRE(result.stages.size() == rows.size());
  double intended = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(rows[i].name);
    CHECK(result.stages[i].response.total() == result.stages[i].published * copies);
    const auto due = static_cast<double>(result.stages[i].published);
    const double spread =
        scenario.arrivals == Arrivals::constant ? 1.01 : 6 * std::sqrt(rows[i].messages()) + 3;
    CHECK(std::abs(due - rows[i].messages()) <= spread);
    intended += rows[i].messages();
  }
  for (const LoadInterval& interval : result.load_series) {
    if (scenario.arrivals != Arrivals::constant) break;
    CHECK(std::abs(static_cast<double>(interval.due) - interval.intended) <= 1.01);
  }
  CHECK(result.intended_rate * std::chrono::duration<double>(scenario.duration).count() ==
        doctest::Approx(intended));
}

TEST_CASE("every message of a staged load is booked in the stage in which it is due") {
  for (const char* transport : {"queue/spsc", "bus/mpmc"}) {
    for (const Arrivals arrivals : {Arrivals::constant, Arrivals::poisson}) {
      Scenario scenario = staged(kEverything, transport);
      scenario.arrivals = arrivals;
      check_stages(scenario, run(scenario));
    }
  }
}

TEST_CASE("several producers make the stages together, in every pattern") {
  for (const Pattern pattern : {Pattern::fan_in, Pattern::queue_group, Pattern::fan_out,
                                Pattern::request_reply, Pattern::pipeline}) {
    Scenario scenario = staged(kEverything, "bus/mpmc");
    scenario.pattern = pattern;
    scenario.producers = pattern == Pattern::pipeline ? 1 : 3;
    scenario.consumers = pattern == Pattern::fan_in ? 1 : 2;
    scenario.batch = 4;
    if (const auto why = check_transport_limits(scenario)) FAIL(*why);
    check_stages(scenario, run(scenario));
  }
}

TEST_CASE("what a full queue refuses is booked in its stage, and the books stay exact") {
  Scenario scenario =
      staged({"1x for 5ms", "burst of 2000 every 5ms for 10ms", "1x for 5ms"}, "queue/mpmc");
  scenario.capacity = 16;
  scenario.on_full = OnFull::drop;
  const RepetitionResult result = run(scenario);
  CHECK(conserved(result.counts));
  CHECK(sum(result.stages, &StageResult::published) == result.counts.published);
  CHECK(sum(result.stages, &StageResult::refused) == result.counts.refused);
  CHECK(sum(result.stages, &StageResult::received) == result.counts.received);
  CHECK(sum(result.load_series, &LoadInterval::received) == result.counts.received);
  CHECK(result.stages[1].published == 4000);
}

TEST_CASE("a load without stages has no rows and no series") {
  const RepetitionResult result = run(testing::short_scenario());
  CHECK(result.stages.empty());
  CHECK(result.load_series.empty());
}

TEST_CASE("what stays unsent is told by stage") {
  Scenario scenario = staged({"1x for 10ms", "quiet for 10ms", "5x for 10ms"}, "queue/mpmc");
  scenario.producers = 2;
  const RepetitionPlan plan = testing::make_plan(scenario);
  const StageGrid grid(scenario, plan.clock, plan.seed);
  RawRepetition raw;
  raw.window = make_window(scenario, plan.clock);
  for (int p = 0; p < 2; ++p) {
    raw.producers.push_back(std::make_unique<ProducerRecord>());
    raw.producers.back()->next_due = raw.window.measure + plan.clock.to_ticks(5ms);
    raw.producer_usage.emplace_back();
  }
  const std::vector<std::uint64_t> limits{10, 10};
  raw.receivers.push_back(std::make_unique<StagedRecord>(limits, grid));
  RepetitionResult result = assemble(plan, raw, false);
  assemble_stages(plan, raw, result);
  REQUIRE(result.stages.size() == 3);
  CHECK(result.stages[0].unsent == 100);
  CHECK(result.stages[1].unsent == 0);
  CHECK(result.stages[2].unsent == 1000);
  CHECK(result.pacing.unsent == 1100);
}

TEST_CASE("a message is booked by when it was due, by when it was sent, and as overdue behind") {
  Scenario scenario = staged({"1x for 10ms", "1x for 20ms"}, "queue/spsc");
  const Clock& clock = testing::test_clock();
  const StageGrid grid(scenario, clock, 1);
  CHECK(grid.cells.size() == 3);
  const Window window{
      .start = 500, .measure = 1000, .end = 1000 + grid.stages.back(), .give_up = 0};
  StageProduction books(grid);
  StageBookkeeper keeper(grid, window, books);
  const auto book = [&](std::initializer_list<Nanoseconds> due, std::size_t accepted,
                        Nanoseconds now) {
    std::vector<Message> batch(due.size());
    std::size_t i = 0;
    for (const Nanoseconds one : due) batch[i++].due = 1000 + clock.to_ticks(one);
    keeper.book(batch, accepted, 1000 + clock.to_ticks(now));
  };
  book({-1ms, 1ms, 9ms}, 3, 9500us);  // the first one belongs to the warm-up
  book({9900us}, 1, 12ms);            // late, within the grace of 5 ms
  book({9950us, 11ms}, 1, 16ms);      // behind it, and one refused
  book({29ms}, 1, 31ms);              // sent behind the window
  CHECK(books.stages[0].published == 4);
  CHECK(books.stages[0].sent == 2);
  CHECK(books.stages[0].overdue == 1);
  CHECK(books.stages[0].refused == 0);
  CHECK(books.stages[1].published == 2);
  CHECK(books.stages[1].sent == 2);
  CHECK(books.stages[1].refused == 1);
  CHECK(books.stages[1].overdue == 0);
  CHECK(books.cells[0].due == 4);
  CHECK(books.cells[0].sent == 2);
  CHECK(books.cells[1].due == 1);
  CHECK(books.cells[1].sent == 2);
  CHECK(books.cells[2].due == 1);
  CHECK(books.cells[2].sent == 0);
}

IntervalResult interval(Nanoseconds start, std::uint64_t fast, std::uint64_t slow) {
  Histogram response;
  response.record_n(1'000, fast);
  response.record_n(1'000'000, slow);
  IntervalResult result;
  result.start = start;
  result.length = 10ms;
  result.response = DecodedHistogram(response);
  return result;
}

TEST_CASE("all is well again with the first interval of which one message in ten is slow at most") {
  const std::vector<IntervalResult> intervals{interval(0ms, 100, 0),  interval(10ms, 0, 100),
                                              interval(20ms, 19, 0),  interval(30ms, 89, 11),
                                              interval(40ms, 90, 10), interval(50ms, 100, 0)};
  CHECK(find_recovery(intervals, 0ms, 2us) == 0ms);
  CHECK(find_recovery(intervals, 5ms, 2us) == 40ms);
  CHECK(find_recovery(intervals, 45ms, 2us) == 50ms);
  CHECK(find_recovery(intervals, 55ms, 2us) == std::nullopt);
  CHECK(find_recovery(intervals, 5ms, 2ms) == 10ms);
}

TEST_CASE("a stage is raised where the rate rises into it and falls behind it") {
  const std::vector<double> rates{100, 1000, 100, 100, 200, 300, 0};
  std::vector<bool> raised;
  for (std::size_t i = 0; i < rates.size(); ++i) raised.push_back(is_raised(rates, i, 100));
  CHECK(raised == std::vector<bool>{false, true, false, false, false, true, false});
  CHECK(is_raised(rates, 0, 50) == false);
  CHECK(is_raised({100, 50}, 0, 50));
}

}  // namespace
}  // namespace busmark
