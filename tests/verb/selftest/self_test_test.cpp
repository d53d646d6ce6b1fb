// SPDX-License-Identifier: Apache-2.0
//
// The self-test must find an honest engine honest, and each planted fault. Every fault planted into
// the real engine breaks an exact check, which no disturbance of the machine excuses.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/plans.hpp"
#include "verb/selftest/judge.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::test_clock;

/// What one part of the engine does wrong. Chosen at run time: the engine's loops take seconds to
/// compile for each set of parts.
enum class Planted : std::uint8_t {
  nothing,
  forgotten_sample,   ///< One of them all.
  flattered_samples,  ///< 1 % too small.
  unseen_duplicates,
  unseen_losses,  ///< The audit ticks off what it was waiting for.
  unseen_corruption,
  rebased_schedule,   ///< After a stall it goes on from now, as if nothing had been due meanwhile.
  skipping_schedule,  ///< Sends nothing that is late.
  early_stamp,        ///< 200 ns before it hands the message over.
  stamp_before_due,   ///< 200 ns before it looked at the clock.
};
Planted planted = Planted::nothing;

struct PlantedLatency {
  explicit PlantedLatency(IntervalRecorder<>& recorder) : real(recorder) {}

  void record(std::uint64_t value) noexcept {
    if (planted == Planted::forgotten_sample && ++count == 1000) return;
    real.record(planted == Planted::flattered_samples ? value - value / 100 : value);
  }
  void poll() noexcept { real.poll(); }

  IntervalRecorder<>& real;
  std::uint32_t count = 0;
};

struct PlantedAudit {
  explicit PlantedAudit(SequenceAudit& audit) : real(audit) {}

  void observe(std::uint32_t producer, std::uint64_t sequence) noexcept {
    if (planted == Planted::unseen_losses) {
      for (; next < sequence; ++next) real.observe(producer, next);
    }
    if (planted != Planted::unseen_duplicates || sequence >= next) {
      real.observe(producer, sequence);
    }
    next = std::max(next, sequence + 1);
  }
  void count_corrupt() noexcept {
    if (planted != Planted::unseen_corruption) real.count_corrupt();
  }
  [[nodiscard]] std::uint64_t duplicated() const noexcept { return real.duplicated(); }
  void settle() noexcept { real.settle(); }

  SequenceAudit& real;
  std::uint64_t next = 0;
};

/// The members of ConsumerRecord that the consumer's loop uses, some of them replaced.
struct PlantedRecord {
  explicit PlantedRecord(ConsumerRecord& record) : real(record) {}

  ConsumerRecord& real;
  PlantedLatency response{real.response};
  PlantedLatency service{real.service};
  PlantedAudit audit{real.audit};
  std::uint64_t& received = real.received;
  std::uint64_t& clock_backwards = real.clock_backwards;
  std::int64_t& worst_backwards_ns = real.worst_backwards_ns;
  std::int64_t& last_received = real.last_received;
  bool& gave_up = real.gave_up;
};

class PlantedSchedule {
 public:
  PlantedSchedule(const RateSchedule& real, const Clock& clock) : real_(real), clock_(clock) {}

  std::int64_t next() noexcept {
    std::int64_t due = real_.next() + shift_;
    if (planted == Planted::skipping_schedule) {
      while (behind(due) > clock_.to_ticks(5ms)) due = real_.next();
    } else if (planted == Planted::rebased_schedule && behind(due) > clock_.to_ticks(5ms)) {
      const std::int64_t late = behind(due);
      shift_ += late;
      due += late;
    }
    return due;
  }

 private:
  [[nodiscard]] std::int64_t behind(std::int64_t due) const noexcept { return clock_.now() - due; }

  RateSchedule real_;
  Clock clock_;
  std::int64_t shift_ = 0;
};

/// The members of a publisher that the producer's loop uses; the stamp is wrong in two ways.
template <typename P>
struct PlantedPublisher {
  bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
    if (planted == Planted::stamp_before_due) message.sent -= clock.to_ticks(200ns);
    if (planted == Planted::early_stamp) {
      const std::int64_t until = message.sent + clock.to_ticks(200ns);
      while (clock.now() < until) {
      }
    }
    return real.try_publish(message, payload);
  }
  std::size_t try_publish_bulk(Message* messages, std::size_t count,
                               const PayloadPattern& payload) noexcept {
    return real.try_publish_bulk(messages, count, payload);
  }
  void abandon(Message* messages, std::size_t count) noexcept { real.abandon(messages, count); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return real.dropped(); }

  P& real;
  Clock clock;
};

struct PlantedParts : EngineParts {
  static PlantedRecord recorder(ConsumerRecord& record) { return PlantedRecord(record); }
  static PlantedSchedule pacing(const RateSchedule& schedule, const Clock& clock) {
    return {schedule, clock};
  }
  template <typename P>
  static PlantedPublisher<P> publisher(P& publisher, const Clock& clock) {
    return {publisher, clock};
  }
};

const SelfTestCosts& test_costs() {
  static const SelfTestCosts costs{measure_self_overhead(test_clock()),
                                   measure_handover(test_clock())};
  return costs;
}

SelfTestPlan plan_named(std::string_view name) {
  for (const SelfTestPlan& plan : self_test_plans()) {
    if (plan.test.name == name) return plan;
  }
  FAIL("no case is named " << name);
  return {};
}

template <typename Parts>
SelfTestResult run_with(const std::vector<SelfTestPlan>& plans) {
  const Topology topology = read_topology();
  const StopFlag stop{false};
  return self_test(plans, test_costs(), test_clock(), [&](const SelfTestCase& test) {
    return run_self_test<Parts>(test, test_clock(), topology, stop);
  });
}

std::set<std::string> wrong_figures(const SelfTestResult& result) {
  std::set<std::string> wrong;
  for (const SelfTestCaseResult& one : result.cases) {
    for (const SelfTestCheck& check : one.checks) {
      if (check.outcome == SelfTestOutcome::fails) wrong.insert(check.quantity);
    }
  }
  return wrong;
}

/// What is found wrong, a line each, by case and quantity. `exact`: that no machine can be to blame
/// for, else that one can.
std::map<std::string, std::string> failures(const SelfTestResult& result, bool exact) {
  std::map<std::string, std::string> found;
  for (const SelfTestCaseResult& one : result.cases) {
    for (const SelfTestCheck& check : one.checks) {
      if (check.outcome != SelfTestOutcome::fails || check.exact != exact) continue;
      found[one.name + ": " + check.quantity] = std::to_string(check.measured) + ", not within " +
                                                std::to_string(check.low) + " to " +
                                                std::to_string(check.high);
    }
  }
  return found;
}

/// What an engine with that fault makes of one case: the figures that were found wrong.
std::set<std::string> wrong_with(Planted fault, std::string_view name) {
  planted = fault;
  const SelfTestResult result = run_with<PlantedParts>({plan_named(name)});
  const std::set<std::string> wrong = wrong_figures(result);
  CHECK((result.outcome() == SelfTestOutcome::fails) == !wrong.empty());
  return wrong;
}

TEST_CASE("the real engine is found wrong in no case") {
  // A busy machine delays some messages by more than a wrong engine would; not the same ones of the
  // same case every time.
  constexpr int kTries = 6;
  std::map<std::string, std::string> always;
  for (int tries = 0; tries < kTries && (tries == 0 || !always.empty()); ++tries) {
    const SelfTestResult result = run_with<EngineParts>(self_test_plans());
    CHECK(result.cases.size() == 11);
    for (const auto& [what, how] : failures(result, true)) FAIL_CHECK(what << " is " << how);
    const std::map<std::string, std::string> found = failures(result, false);
    if (tries == 0) always = found;
    std::erase_if(always, [&](const auto& one) { return !found.contains(one.first); });
  }
  for (const auto& [what, how] : always) FAIL_CHECK(what << " is " << how);
}

TEST_CASE("honest wrappers around the engine's parts are found wrong in nothing") {
  planted = Planted::nothing;
  CHECK(failures(run_with<PlantedParts>({plan_named("duplicates")}), true).empty());
}

TEST_CASE("a recorder that forgets one sample is found out") {
  CHECK(wrong_with(Planted::forgotten_sample, "constant").contains("samples"));
}

TEST_CASE("a stamp 200 ns before the hand-over, or before the due time, is found out") {
  CHECK(wrong_with(Planted::early_stamp, "constant").contains("stamp to transport p50"));
  CHECK(wrong_with(Planted::stamp_before_due, "constant").contains("earliest stamp after due"));
}

TEST_CASE("a recorder that makes samples 1 % smaller is found out") {
  const auto wrong = wrong_with(Planted::flattered_samples, "bimodal");
  CHECK(wrong.contains("max (transport's view)"));
}

TEST_CASE("a pacer that starts afresh after a stall is found out") {
  const auto wrong = wrong_with(Planted::rebased_schedule, "stall");
  CHECK(wrong.contains("due times off the plan, up to"));
}

TEST_CASE("a pacer that skips what is late is found out") {
  CHECK(wrong_with(Planted::skipping_schedule, "stall").contains("published"));
}

TEST_CASE("an audit that overlooks duplicates, losses or corruption is found out") {
  CHECK(wrong_with(Planted::unseen_duplicates, "duplicates").contains("duplicated"));
  CHECK(wrong_with(Planted::unseen_losses, "loss").contains("lost"));
  CHECK(wrong_with(Planted::unseen_corruption, "corruption").contains("corrupt"));
}

/// The run of an ideal machine and an honest engine that stamps 20 ns after the transport. `late`
/// messages from the start of the measured window are `by` later; `recorded` changes samples.
template <typename Recorded>
SelfTestRun ideal_run(const SelfTestPlan& plan, Recorded recorded, std::uint64_t late = 0,
                      Nanoseconds by = 0ns) {
  const Clock& clock = test_clock();
  const PlannedMessages planned = planned_messages(plan.test.scenario);
  SelfTestRun run;
  run.result.scenario = plan.test.scenario;
  run.log.deliveries.resize(planned.all());
  RepetitionResult& result = run.result.repetitions.emplace_back();
  constexpr std::uint64_t kSections = 20;
  std::vector<Histogram> sections(kSections);
  const double period = clock.ticks_per_second() / plan.test.scenario.load.rate->per_second;
  for (std::uint64_t i = 0; i < planned.all(); ++i) {
    const auto due = static_cast<std::int64_t>(static_cast<double>(i) * period);
    const bool is_late = i >= planned.warmup && i < planned.warmup + late;
    const std::int64_t released =
        due + clock.to_ticks(plan.test.program.delay.at(i) + (is_late ? by : 0ns)) + 1;
    run.log.deliveries[run.log.delivered++] = {i, due, due, due + 1, released};
    if (i < planned.warmup) continue;
    const auto latency = static_cast<std::uint64_t>(clock.to_nanoseconds(released - due) + 20);
    result.response.record(recorded(latency));
    result.service.record(recorded(latency));
    result.pacing.lag.record(0);
    sections[(i - planned.warmup) * kSections / planned.measured].record(recorded(latency));
  }
  for (std::uint64_t i = 0; i < kSections; ++i) {
    SectionResult section{.start = static_cast<std::int64_t>(i) * 50ms, .length = 50ms};
    section.response.assign(sections[i]);
    result.sections.push_back(std::move(section));
  }
  run.log.forwarded = planned.all();
  result.counts.published = planned.measured;
  result.counts.received = planned.measured;
  result.intended_rate = plan.test.scenario.load.rate->per_second;
  result.offered_rate = result.achieved_rate = result.received_rate = result.intended_rate;
  return run;
}

constexpr auto kUnchanged = [](std::uint64_t value) { return value; };
const SelfTestCosts kCosts{.overhead = {.clock_read = 10,
                                        .ordered_clock_read = 20,
                                        .pacing_step = 10,
                                        .record = 1,
                                        .audit_step = 1,
                                        .null_publish = 20,
                                        .null_receive = 30,
                                        .idle_turn = 30},
                           .handover = {.warm = 10, .cold = 20, .cold_most = 30}};

SelfTestOutcome outcome_of_ideal(const SelfTestPlan& plan, const SelfTestRun& run,
                                 std::uint32_t attempts = 3) {
  return self_test(
             {plan}, kCosts, test_clock(), [&](const SelfTestCase&) { return run; }, attempts)
      .outcome();
}

TEST_CASE("an ideal run holds in every shape of delay") {
  for (const char* name : {"constant", "uniform", "log-normal", "bimodal"}) {
    CAPTURE(name);
    const SelfTestPlan plan = plan_named(name);
    CHECK(outcome_of_ideal(plan, ideal_run(plan, kUnchanged)) == SelfTestOutcome::holds);
  }
}

TEST_CASE("samples 1 % too large or too small are wrong in every shape of delay") {
  for (const char* name : {"constant", "uniform", "log-normal", "bimodal"}) {
    CAPTURE(name);
    const SelfTestPlan plan = plan_named(name);
    const auto larger = ideal_run(plan, [](std::uint64_t value) { return value + value / 100; });
    const auto smaller = ideal_run(plan, [](std::uint64_t value) { return value - value / 100; });
    CHECK(outcome_of_ideal(plan, larger) == SelfTestOutcome::fails);
    CHECK(outcome_of_ideal(plan, smaller) == SelfTestOutcome::fails);
  }
}

TEST_CASE("what the machine made late is excused where few, and undecided where many") {
  const SelfTestPlan plan = plan_named("constant");
  CHECK(outcome_of_ideal(plan, ideal_run(plan, kUnchanged, 5, 2ms)) == SelfTestOutcome::holds);
  CHECK(outcome_of_ideal(plan, ideal_run(plan, kUnchanged, 200, 2ms)) ==
        SelfTestOutcome::undecided);
}

TEST_CASE("a failure that the machine may have caused counts only when it repeats") {
  const SelfTestPlan plan = plan_named("constant");
  const SelfTestRun honest = ideal_run(plan, kUnchanged);
  const SelfTestRun slow = ideal_run(plan, [](std::uint64_t value) { return value + 1000; });
  CHECK(outcome_of_ideal(plan, slow, 1) == SelfTestOutcome::undecided);
  CHECK(outcome_of_ideal(plan, slow, 2) == SelfTestOutcome::fails);
  int calls = 0;
  const auto once = [&](const SelfTestCase&) { return calls++ == 0 ? slow : honest; };
  CHECK(self_test({plan}, kCosts, test_clock(), once).outcome() == SelfTestOutcome::holds);
  CHECK(calls == 2);
}

TEST_CASE("the plan alone says how many messages are due") {
  const PlannedMessages delays = planned_messages(plan_named("constant").test.scenario);
  CHECK(delays.warmup == 50);
  CHECK(delays.measured == 2000);
  CHECK(planned_messages(plan_named("loss").test.scenario).all() == 5000);
}

TEST_CASE("the engine's own costs are all measured") {
  const SelfOverhead& cost = test_costs().overhead;
  for (const double ns : {cost.clock_read, cost.ordered_clock_read, cost.pacing_step, cost.record,
                          cost.audit_step, cost.null_publish, cost.null_receive, cost.idle_turn}) {
    CHECK(ns > 0);
  }
  CHECK(cost.null_receive > cost.record);  // two records, an audit step and a clock read
  const HandoverCost& handover = test_costs().handover;
  CHECK(handover.warm > 0);
  CHECK(handover.cold > 0);
  CHECK(handover.cold_most >= handover.cold);
}

TEST_CASE("a stamp is measured against the transport's own, and against what the sender costs") {
  const SelfTestPlan plan = plan_named("constant");
  SelfTestRun run = ideal_run(plan, kUnchanged);
  for (SyntheticDelivery& delivery : run.log.deliveries) {
    delivery.accepted = delivery.sent + test_clock().to_ticks(2 * 30ns + 150ns);
  }
  CHECK(outcome_of_ideal(plan, run) == SelfTestOutcome::fails);
  run = ideal_run(plan, kUnchanged);
  run.log.deliveries[100].sent -= test_clock().to_ticks(10ns);
  CHECK(outcome_of_ideal(plan, run) == SelfTestOutcome::fails);
}

}  // namespace
}  // namespace busmark
