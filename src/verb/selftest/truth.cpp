// SPDX-License-Identifier: Apache-2.0
#include "verb/selftest/truth.hpp"

#include <algorithm>
#include <cmath>

namespace busmark {

/// A loop finds what is due one turn later at most. Twice, because the costs are medians of warm
/// loops, and a turn beside a busy sibling thread takes up to twice that long.
Lateness lateness(const SelfTestPlan& plan, const SelfOverhead& cost, const Clock& clock) {
  const double step = clock.info().resolution_ns;
  Lateness late;
  late.service = 2 * (cost.idle_turn + cost.clock_read + cost.null_receive) + step;
  late.response = late.service + 2 * cost.pacing_step + step;
  if (plan.focus == SelfTestFocus::stall) {
    // What waited behind the stall is sent one by one, each after the engine's work for the others.
    const double backlog = plan.test.scenario.load.rate->per_second *
                           static_cast<double>(plan.test.program.stall.count()) / 1e9;
    late.response += backlog * 2 * (cost.null_publish + cost.pacing_step);
  }
  late.stamp = 2 * (cost.ordered_clock_read + cost.null_receive) + step;
  return late;
}

Latencies replay(const SelfTestCase& test, const PlannedMessages& planned) {
  const SyntheticProgram& program = test.program;
  const double period = 1e9 / test.scenario.load.rate->per_second;
  Latencies truth;
  std::int64_t free = 0;
  std::int64_t last_release = 0;
  for (std::uint64_t i = 0; i < planned.all(); ++i) {
    const auto due = static_cast<std::int64_t>(static_cast<double>(i) * period);
    const std::int64_t sent = std::max(due, free);
    free =
        sent + program.publish_cost.count() + (i == program.stall_at ? program.stall.count() : 0);
    const std::int64_t held = i == program.held_up_at ? program.held_up.count() : 0;
    last_release = std::max(last_release, free + program.delay.at(i).count() + held);
    if (i < planned.warmup) continue;
    truth.response.push_back(last_release - due);
    truth.service.push_back(last_release - sent);
  }
  return truth;
}

Observed observe(const SelfTestRun& run, const PlannedMessages& planned, const Latencies& truth,
                 const Lateness& late, const Clock& clock) {
  Observed seen;
  if (run.log.delivered == 0) return seen;
  const double period = clock.ticks_per_second() / run.result.scenario.load.rate->per_second;
  const SyntheticDelivery& first = run.log.deliveries.front();
  const auto place = [&](std::uint64_t sequence) {
    return (static_cast<double>(sequence) - static_cast<double>(first.sequence)) * period;
  };
  double off_plan_ticks = 0;
  std::int64_t earliest = first.sent - first.due;
  for (std::uint64_t i = 0; i < run.log.delivered; ++i) {
    const SyntheticDelivery& delivery = run.log.deliveries[i];
    off_plan_ticks = std::max(
        off_plan_ticks,
        std::abs(static_cast<double>(delivery.due - first.due) - place(delivery.sequence)));
    earliest = std::min(earliest, delivery.sent - delivery.due);
    if (delivery.sequence < planned.warmup || delivery.sequence >= planned.all()) continue;
    const std::uint64_t index = delivery.sequence - planned.warmup;
    const std::int64_t response = clock.to_nanoseconds(delivery.released - delivery.due);
    const std::int64_t service = clock.to_nanoseconds(delivery.released - delivery.sent);
    seen.latencies.response.push_back(response);
    seen.latencies.service.push_back(service);
    seen.lag.push_back(clock.to_nanoseconds(delivery.sent - delivery.due));
    seen.handover.push_back(clock.to_nanoseconds(delivery.accepted - delivery.sent));
    const auto beyond = [](std::int64_t value, std::int64_t wanted, double limit) {
      return static_cast<double>(value - wanted) > limit ? 1U : 0U;
    };
    seen.late_response += beyond(response, truth.response[index], late.response);
    seen.late_service += beyond(service, truth.service[index], late.service);
  }
  seen.off_plan = off_plan_ticks * 1e9 / clock.ticks_per_second();
  seen.earliest_stamp = static_cast<double>(clock.to_nanoseconds(earliest));
  std::sort(seen.lag.begin(), seen.lag.end());
  std::sort(seen.handover.begin(), seen.handover.end());
  return seen;
}

}  // namespace busmark
