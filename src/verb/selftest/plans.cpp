// SPDX-License-Identifier: Apache-2.0
#include "verb/selftest/judge.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using Shape = DelayProgram::Shape;

constexpr double kDelayRate = 2000;  // a period of 500 us, longer than any programmed delay
constexpr double kStallRate = 1000;
constexpr double kAuditRate = 20'000;

/// `measured` periods in the window. A quarter period lies between its bounds and the nearest due
/// times, so that the plan alone says which messages belong to it.
SelfTestPlan make_plan(std::string name, std::string about, SelfTestFocus focus, double rate,
                       std::uint32_t warmup, std::uint32_t measured) {
  const double period_ns = 1e9 / rate;
  const auto periods = [&](double count) {
    return Nanoseconds(static_cast<std::int64_t>(count * period_ns));
  };
  SelfTestPlan plan;
  plan.focus = focus;
  plan.test.name = std::move(name);
  plan.test.about = std::move(about);
  Scenario& scenario = plan.test.scenario;
  scenario.name = plan.test.name;
  scenario.transport = SyntheticTransport::kInfo.name;
  scenario.load.rate = MessageRate{rate};
  scenario.warmup = periods(warmup == 0 ? 0 : warmup - 0.75);
  scenario.duration = periods(warmup == 0 ? measured - 0.75 : measured);
  scenario.capacity = 2 * (warmup + measured) + 2;
  scenario.budget = {parse_budget("p95 < 5ms"), parse_budget("lost == 0"),
                     parse_budget("duplicated == 0"), parse_budget("reordered == 0")};
  return plan;
}

SelfTestPlan delay_plan(std::string name, std::string about, const DelayProgram& delay) {
  SelfTestPlan plan =
      make_plan(std::move(name), std::move(about), SelfTestFocus::delay, kDelayRate, 50, 2000);
  plan.test.program.delay = delay;
  return plan;
}

SelfTestPlan audit_plan(std::string name, std::string about, Verdict verdict) {
  SelfTestPlan plan =
      make_plan(std::move(name), std::move(about), SelfTestFocus::audit, kAuditRate, 0, 5000);
  plan.test.scenario.checksum = true;
  plan.test.program.delay.low = 20us;
  plan.verdict = verdict;
  return plan;
}

SelfTestPlan stall_plan() {
  SelfTestPlan plan =
      make_plan("stall", "100 ms at 1k/s", SelfTestFocus::stall, kStallRate, 20, 1000);
  plan.test.program.delay.low = 50us;
  plan.test.program.stall = 100ms;
  // What waits behind the stall leaves at this distance, more than the engine takes per message;
  // else the messages would wait for each other at the consumer, and not by the program.
  plan.test.program.publish_cost = 2us;
  plan.test.program.stall_at = 500;
  // One stall tells nobody how often there is one, so that its p95 would be INCONCLUSIVE.
  plan.test.scenario.budget.front() = parse_budget("max < 50ms");
  plan.verdict = Verdict::fail;
  return plan;
}

SelfTestPlan rate_plan() {
  SelfTestPlan plan =
      make_plan("rate", "10k/s over a publish of 250 us", SelfTestFocus::rate, 10'000, 0, 2000);
  plan.test.program.publish_cost = 250us;
  plan.test.scenario.drain = 50ms;
  plan.verdict = Verdict::invalid;
  return plan;
}

SelfTestPlan clock_plan() {
  SelfTestPlan plan = make_plan("clock", "producer's clock jumps 10 ms ahead", SelfTestFocus::clock,
                                kDelayRate, 0, 500);
  plan.test.program.delay.low = 50us;
  plan.test.program.clock_step = 10ms;
  plan.test.program.clock_step_at = 250;
  plan.verdict = Verdict::invalid;
  return plan;
}

}  // namespace

std::vector<SelfTestPlan> self_test_plans() {
  std::vector<SelfTestPlan> plans{
      delay_plan("constant", "50 us", {.shape = Shape::constant, .low = 50us}),
      delay_plan("uniform", "20 .. 180 us", {.shape = Shape::uniform, .low = 20us, .high = 180us}),
      delay_plan("log-normal", "median 40 us, sigma 0.7, up to 400 us",
                 {.shape = Shape::log_normal, .low = 40us, .high = 400us, .spread = 0.7}),
      delay_plan("bimodal", "20 us, 10 % 200 us",
                 {.shape = Shape::bimodal, .low = 20us, .high = 200us, .spread = 0.1}),
      stall_plan(),
      audit_plan("loss", "every 125th of 5000", Verdict::invalid),
      audit_plan("duplicates", "every 100th of 5000", Verdict::invalid),
      audit_plan("reordering", "every 200th of 5000", Verdict::fail),
      audit_plan("corruption", "every 250th of 5000", Verdict::invalid),
      rate_plan(),
      clock_plan()};
  for (SelfTestPlan& plan : plans) {
    SyntheticProgram& program = plan.test.program;
    if (plan.test.name == "loss") {
      program.lose.period = 125;
      plan.test.scenario.drain = 100ms;  // nothing else comes: the wait for it is all drain
    }
    if (plan.test.name == "duplicates") program.duplicate.period = 100;
    if (plan.test.name == "reordering") program.swap.period = 200;
    if (plan.test.name == "corruption") program.corrupt.period = 250;
  }
  return plans;
}

}  // namespace busmark
