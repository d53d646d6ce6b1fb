// SPDX-License-Identifier: Apache-2.0
#include "engine/observer.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "aspect/aspect.hpp"
#include "aspect/fault/fault.hpp"
#include "aspect/stages/stages.hpp"
#include "engine/conductor.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::make_plan;
using testing::short_scenario;
using testing::test_clock;

/// Writes down what it is asked, and does what a test wants of it.
class Scripted : public Observer {
 public:
  Scripted(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}

  void before() override { note("before"); }
  void after(RepetitionResult& /*result*/) override { note("after"); }
  void threads_ready(Running& run) override {
    note("threads ready");
    if (at_ready) at_ready(run);
  }
  void window_agreed(Running& /*run*/) override { note("window agreed"); }
  void settle(Running& run) override {
    note("settle");
    if (at_settle) at_settle(run);
  }
  void window_fixed(const Window& window) override {
    note("window fixed");
    if (tick_after.count() != 0) {
      wanted = window.measure + test_clock().to_ticks(tick_after);
      next_ = wanted;
    }
    if (at_fixed) at_fixed();
  }
  void interval_closed(const IntervalResult& interval, Running& run) override {
    if (at_interval) at_interval(interval, run);
  }
  [[nodiscard]] std::int64_t next_tick() const override { return next_; }
  void tick() override {
    note("tick");
    ticked = test_clock().now();
    next_ = kNever;
  }
  void messages_over(Running& /*run*/) override { note("messages over"); }
  void finished(const RawRepetition& raw, RepetitionResult& /*result*/) override {
    note("finished");
    seen = raw.window;
  }
  [[nodiscard]] Nanoseconds longest_interval() const override { return longest; }

  std::function<void(Running&)> at_ready;
  std::function<void(Running&)> at_settle;
  std::function<void()> at_fixed;
  std::function<void(const IntervalResult&, Running&)> at_interval;
  Nanoseconds longest = Nanoseconds::max();
  Nanoseconds tick_after{};
  std::int64_t wanted = 0;
  std::int64_t ticked = 0;
  Window seen;  ///< In the end.

 private:
  void note(const std::string& what) { log_.push_back(name_ + ": " + what); }

  std::string name_;
  std::vector<std::string>& log_;
  std::int64_t next_ = kNever;
};

/// Two of them on one repetition.
struct Watched {
  Watched() {
    for (const char* name : {"a", "b"}) {
      observers.push_back(std::make_unique<Scripted>(name, log));
    }
  }
  [[nodiscard]] Scripted& at(std::size_t index) {
    return static_cast<Scripted&>(*observers[index]);
  }
  RepetitionResult run(const Scenario& scenario) {
    RepetitionPlan plan = make_plan(scenario);
    plan.observers = &observers;
    LiveProgress live(test_clock());
    return find_transport(scenario.transport)->run(plan, stop, live);
  }

  std::vector<std::string> log;
  Observers observers;
  StopFlag stop{false};
};

TEST_CASE("observers are asked one after the other, from the first thread to the result") {
  Watched watched;
  (void)watched.run(short_scenario());
  CHECK(watched.log == std::vector<std::string>{"a: threads ready", "b: threads ready",
                                                "a: window agreed", "b: window agreed", "a: settle",
                                                "b: settle", "a: window fixed", "b: window fixed",
                                                "a: messages over", "b: messages over",
                                                "a: finished", "b: finished"});
}

TEST_CASE("an observer may bring the window forward for all") {
  Watched watched;
  Scenario scenario = short_scenario();
  scenario.warmup = 60s;
  watched.at(0).at_settle = [](Running& run) { run.bring_forward(run.plan.clock.to_ticks(20ms)); };
  const RepetitionResult result = watched.run(scenario);
  const Window& window = watched.at(1).seen;
  CHECK(window.measure - window.start < test_clock().to_ticks(scenario.warmup));
  CHECK(result.counts.published > 0);
  CHECK(testing::conserved(result.counts));
}

TEST_CASE("an observer may call the run off, which interrupts nobody else") {
  Watched watched;
  Scenario scenario = short_scenario();
  scenario.duration = 60s;
  scenario.interval = 2ms;
  watched.at(1).at_interval = [](const IntervalResult& interval, Running& run) {
    if (!interval.last) run.call_off();
  };
  const RepetitionResult result = watched.run(scenario);
  CHECK(result.ended_early);
  CHECK_FALSE(result.interrupted);
  CHECK_FALSE(watched.stop.load());
}

TEST_CASE("an observer has its ticks when it wants them, and the others none") {
  Watched watched;
  watched.at(1).tick_after = 3ms;
  Scenario scenario = short_scenario();
  scenario.duration = 100ms;
  (void)watched.run(scenario);
  CHECK(std::count(watched.log.begin(), watched.log.end(), "b: tick") == 1);
  CHECK(std::count(watched.log.begin(), watched.log.end(), "a: tick") == 0);
  CHECK(watched.at(1).ticked >= watched.at(1).wanted);
}

TEST_CASE("intervals are as short as the most impatient observer wants them") {
  Watched watched;
  watched.at(0).longest = 50ms;
  watched.at(1).longest = 5ms;
  Scenario scenario = short_scenario();
  scenario.duration = 200ms;
  scenario.interval = 200ms;
  const RepetitionResult result = watched.run(scenario);
  REQUIRE(result.intervals.size() > 1);
  // But for the rounding of ticks.
  CHECK(result.intervals.front().length > 4999us);
  CHECK(result.intervals.front().length < 5001us);
}

TEST_CASE("what an observer throws at the gate keeps the run from starting") {
  Watched watched;
  watched.at(0).at_ready = [](Running& /*run*/) { throw std::runtime_error("no"); };
  CHECK_THROWS_WITH(watched.run(short_scenario()), "no");
  CHECK(watched.log == std::vector<std::string>{"a: threads ready"});
}

TEST_CASE("what an observer throws later ends the run, and all are told that it is over") {
  Watched watched;
  watched.at(0).at_fixed = [] { throw std::runtime_error("no"); };
  CHECK_THROWS_WITH(watched.run(short_scenario()), "no");
  REQUIRE(watched.log.size() > 2);
  CHECK(watched.log[watched.log.size() - 2] == "a: messages over");
  CHECK(watched.log.back() == "b: messages over");
}

TEST_CASE("each worker is called once on a thread of its own, and what one throws reaches all") {
  class Failing final : public Workers {
   public:
    void produce(std::uint32_t index, WorkerStart& start) override {
      note(index);
      started = started || start.arrive();
    }
    void consume(std::uint32_t index, WorkerStart& start) override {
      note(10 + index);
      if (index == 1) throw std::runtime_error("no endpoint");
      started = started || start.arrive();
    }
    void report(RepetitionResult& /*result*/) override {}

    std::multiset<std::uint32_t> calls;
    std::set<pid_t> threads;
    std::atomic<bool> started{false};

   private:
    void note(std::uint32_t call) {
      const std::scoped_lock lock(mutex_);
      calls.insert(call);
      threads.insert(gettid());
    }
    std::mutex mutex_;
  };
  Scenario scenario = short_scenario("queue/mpmc");
  scenario.producers = 2;
  scenario.consumers = 2;
  const RepetitionPlan plan = make_plan(scenario);
  const StopFlag stop{false};
  RepetitionState state(plan, stop);
  Failing workers;
  LiveProgress live(test_clock());
  CHECK_THROWS_WITH((void)Conductor(state, workers, live).run(), "no endpoint");
  CHECK(workers.calls == std::multiset<std::uint32_t>{0, 1, 10, 11});
  CHECK(workers.threads.size() == 4);
  CHECK_FALSE(workers.started);
}

TEST_CASE("an aspect watches where its scenario asks for it, and nowhere else") {
  const auto count = [](const RepetitionPlan& plan) { return make_observers(plan).size(); };
  const Scenario plain = short_scenario();
  CHECK(count(make_plan(plain)) == 0);
  const std::array<std::function<void(RepetitionPlan&)>, 9> wishes{
      [](auto& plan) { plan.scenario.fault = parse_fault("stall at 1ms for 1ms"); },
      [](auto& plan) { plan.scenario.warmup_ends_steady = true; },
      [](auto& plan) { plan.abort_on_fail = true; },
      [](auto& plan) { plan.scenario.budget.push_back(parse_budget("rss < 1GB")); },
      [](auto& plan) { plan.scenario.budget.push_back(parse_budget("cpu_overhead < 10%")); },
      [](auto& plan) { plan.beside.emplace(); },
      [](auto& plan) { plan.scenario.slow_over = 1ms; },
      [](auto& plan) { plan.scenario.stages.push_back(parse_stage("1x for 8ms")); },
      [](auto& plan) { plan.scenario.mix.push_back({.name = "all"}); }};
  for (const auto& wish : wishes) {
    RepetitionPlan plan = make_plan(plain);
    wish(plan);
    CHECK(count(plan) == 1);
  }
  const auto aspects = all_aspects();
  CHECK(std::count_if(aspects.begin(), aspects.end(), [](const Aspect& one) {
          return one.observe != nullptr;
        }) == static_cast<std::ptrdiff_t>(wishes.size()));
}

}  // namespace
}  // namespace busmark
