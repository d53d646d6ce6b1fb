// SPDX-License-Identifier: Apache-2.0
#include "engine/run/scenario_run.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "engine/disturbance.hpp"
#include "machine/huge_pages.hpp"
#include "machine/probe/witness.hpp"
#include "machine/process_pauses.hpp"
#include "machine/resource_usage.hpp"

namespace busmark {
namespace {

/// The repetition itself, with what the kernel counts meanwhile.
RepetitionResult counted_repetition(RepetitionPlan& plan, const TransportEntry& transport,
                                    const std::vector<CpuId>& cores, const StopFlag& stop,
                                    LiveProgress& live) {
  const auto steal_before = read_steal(cores);
  const std::uint64_t pauses = process_pauses();
  std::optional<HugePageScope> pages;
  if (plan.huge_pages != HugePages::system) pages.emplace(plan.huge_pages);
  plan.pages = pages ? &*pages : nullptr;
  const std::int64_t start = plan.clock.now();
  RepetitionResult result = transport.run(plan, stop, live);
  if (pages) add_step(result.tuning, pages->step());
  result.steal_share =
      steal_share(steal_before, read_steal(cores), plan.clock.duration(plan.clock.now() - start));
  result.pauses = process_pauses() - pauses;
  return result;
}

/// The same between two measurements of the distance between its cores.
RepetitionResult witnessed_repetition(RepetitionPlan& plan, const TransportEntry& transport,
                                      const std::vector<CpuId>& cores, const StopFlag& stop,
                                      LiveProgress& live) {
  const Witness before = measure_witness(plan.clock, plan.producer_cpus, plan.consumer_cpus);
  RepetitionResult result = counted_repetition(plan, transport, cores, stop, live);
  result.before = before;
  result.after = measure_witness(plan.clock, plan.producer_cpus, plan.consumer_cpus);
  return result;
}

/// How many repetitions are done, where some were measured before, and takes the attempts beyond
/// the first from `retries`. A run that was cut between two attempts has had the last one.
std::uint32_t repetitions_done(const std::vector<RepetitionResult>& measured,
                               std::uint32_t& retries) {
  const auto done =
      static_cast<std::uint32_t>(std::ranges::count(measured, 1U, &RepetitionResult::attempt));
  retries -= std::min(retries, static_cast<std::uint32_t>(measured.size()) - done);
  return done;
}

/// What called the scenario off, whatever further repetitions would show; null: nothing has.
const MissedBudget* missed_for_good(const std::vector<RepetitionResult>& measured) {
  if (measured.empty() || measured.back().disturbed()) return nullptr;
  const std::optional<MissedBudget>& missed = measured.back().missed;
  return missed && missed->for_good ? &*missed : nullptr;
}

}  // namespace

RepetitionPlan plan_repetition(const RunOptions& options, const PlannedScenario& planned,
                               const Clock& clock, std::uint32_t repetition, bool whole) {
  const Scenario& scenario = planned.scenario;
  const auto& cpus = planned.placement.cpus;
  RepetitionPlan plan;
  plan.scenario = scenario;
  plan.clock = clock;
  plan.producer_cpus.assign(cpus.begin(), cpus.begin() + scenario.producers);
  plan.consumer_cpus.assign(cpus.begin() + scenario.producers, cpus.begin() + scenario.threads());
  plan.wait = scenario.wait == WaitStrategy::spin && planned.placement.degraded_wait
                  ? WaitStrategy::yield
                  : scenario.wait;
  plan.seed = options.seed + repetition;
  plan.realtime = options.realtime;
  plan.huge_pages = options.huge_pages;
  plan.shares_cores = planned.placement.shared;
  plan.abort_on_fail = scenario.abort_on_fail && !whole;
  plan.nats = options.nats;
  plan.nats.cpus = planned.placement.server;
  plan.nats.fault = scenario.fault ? scenario.fault->kind : FaultKind::none;
  return plan;
}

RepetitionResult observed_repetition(RepetitionPlan plan, const TransportEntry& transport,
                                     const StopFlag& stop, LiveProgress& live) {
  if (transport.one_core) plan.consumer_cpus = plan.producer_cpus;
  const bool lean = !plan.beside;
  const std::vector<CpuId> cores = measured_cores(plan);
  const Observers observers = make_observers(plan);
  plan.observers = &observers;
  for (const auto& observer : observers) observer->before();
  RepetitionResult result = lean ? counted_repetition(plan, transport, cores, stop, live)
                                 : witnessed_repetition(plan, transport, cores, stop, live);
  std::for_each(observers.rbegin(), observers.rend(),
                [&](const auto& observer) { observer->after(result); });
  if (!lean) result.frequency_mhz = read_frequency_mhz(plan.consumer_cpus.front());
  result.disturbance = disturbance(result, plan.wait == WaitStrategy::spin && !plan.shares_cores);
  return result;
}

ScenarioRun::ScenarioRun(const RunTools& tools, const PlannedScenario& planned, std::size_t place)
    : tools_(tools),
      planned_(planned),
      place_(place),
      transport_(find_transport(planned.scenario.transport)),
      retries_(tools.options.retries),
      wanted_(tools.options.repetitions) {
  result_.scenario = planned.scenario;
  result_.placement = planned.placement;
  result_.skipped = planned.skipped;
  over_ = !result_.skipped.empty() || transport_ == nullptr;
  if (over_) return;
  result_.lossless = transport_->info.lossless;
  result_.operation = transport_->info.operation;
  if (place < tools.part.before.size()) result_.repetitions = tools.part.before[place];
  measured_ = !result_.repetitions.empty();
  repetition_ = repetitions_done(result_.repetitions, retries_);
  wanted_ = std::max(wanted_, repetition_);
}

bool ScenarioRun::step() {
  if (over_) return false;
  const std::int64_t began = tools_.clock.now();
  over_ = tools_.stop.load() || missed_for_good(result_.repetitions) != nullptr ||
          (repetition_ == wanted_ && !wants_more());
  if (!over_) repeat();
  took_ += tools_.clock.duration(tools_.clock.now() - began);
  return !over_;
}

ScenarioResult ScenarioRun::take() {
  result_.wall = took_;
  if (result_.stopping) {
    result_.stopping->run = repetition_;
    if (const MissedBudget* missed = missed_for_good(result_.repetitions)) {
      result_.stopping->reason = "missed for good: " + missed->budget;
    }
    if (tools_.stop.load()) result_.stopping->reason = "the run was interrupted";
  }
  return std::move(result_);
}

bool ScenarioRun::wants_more() {
  if (!tools_.part.look_at) return false;
  result_.wall = took_;
  Look look = tools_.part.look_at(result_);
  result_.stopping = Stopping{tools_.options.repetitions, wanted_, std::move(look.why)};
  if (look.more == 0) return false;
  wanted_ += look.more;
  tools_.live.expect_repetitions(tools_.part.first + wanted_);
  return true;
}

void ScenarioRun::repeat() {
  tools_.live.begin_repetition(tools_.part.first + repetition_ + 1);
  RepetitionPlan plan = plan_repetition(tools_.options, planned_, tools_.clock,
                                        tools_.part.first + repetition_, tools_.part.whole);
  plan.turn = repetition_;
  try {
    for (std::uint32_t attempt = 1; !tools_.stop.load() || attempt == 1; ++attempt) {
      if (!tools_.part.lean) plan.beside = tools_.free(planned_, *transport_);
      result_.repetitions.push_back(
          observed_repetition(plan, *transport_, tools_.stop, tools_.live));
      measured_ = true;
      RepetitionResult& last = result_.repetitions.back();
      last.attempt = attempt;
      if (tools_.part.notes.over && !last.interrupted) tools_.part.notes.over(place_, result_);
      if (!last.disturbed() || retries_ == 0 || tools_.stop.load()) break;
      --retries_;
    }
    ++repetition_;
  } catch (const std::exception& error) {
    // What was measured before counts more than what cannot be had now.
    if (tools_.nothing_yet()) throw;
    result_.faults.push_back(
        fmt::format("repetition {} could not be run: {}", repetition_ + 1, error.what()));
    if (tools_.part.notes.over) tools_.part.notes.over(place_, result_);
    over_ = true;
  }
}

}  // namespace busmark
