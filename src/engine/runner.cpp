// SPDX-License-Identifier: Apache-2.0
#include "engine/runner.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "engine/disturbance.hpp"
#include "engine/registry.hpp"
#include "engine/repetition_plan.hpp"
#include "engine/self_overhead.hpp"
#include "machine/affinity.hpp"
#include "machine/environment.hpp"
#include "machine/examination.hpp"
#include "machine/huge_pages.hpp"
#include "machine/probe/witness.hpp"
#include "machine/process_tuning.hpp"
#include "machine/resource_usage.hpp"
#include "record/run_result.hpp"

namespace busmark {
namespace {

/// Which core to watch beside a scenario: guests move, so it is asked before each repetition.
using FreeCoreOf = std::function<FreeCore(const PlannedScenario&, const TransportEntry&)>;

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

/// Runs one repetition with all that its plan wants around it. A lean one is too short for that and
/// runs beside others like it.
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

/// The core to watch beside the scenario's own, if there is one.
FreeCore free_core(const FreeCores& free, const PlannedScenario& planned,
                   const TransportEntry& transport, const Clock& clock, bool guest) {
  // A core that is awake keeps the machine from deeper sleep, and who sleeps wakes sooner.
  if (planned.scenario.wait == WaitStrategy::park) {
    return {std::nullopt, "threads that sleep would wake sooner beside a busy core"};
  }
  // Threads of a server and of a client's library are not all ours to pin.
  if (transport.info.server) return {std::nullopt, "a server works beside the measured threads"};
  std::vector<CpuId> cores = planned.placement.cpus;
  if (transport.one_core) cores.resize(planned.scenario.producers);
  std::ranges::sort(cores);
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  const FreeCore found = free.beside(cores);
  return guest ? keep_apart(found, clock, cores) : found;
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

ScenarioResult run_scenario(const RunOptions& options, const PlannedScenario& planned,
                            std::size_t place, const RunPart& part, bool nothing_yet,
                            const Clock& clock, const FreeCoreOf& free, const StopFlag& stop,
                            LiveProgress& live) {
  ScenarioResult result{.scenario = planned.scenario,
                        .placement = planned.placement,
                        .repetitions = {},
                        .wall = {},
                        .skipped = planned.skipped};
  const TransportEntry* transport = find_transport(planned.scenario.transport);
  if (!result.skipped.empty() || transport == nullptr) return result;
  result.lossless = transport->info.lossless;
  result.operation = transport->info.operation;

  const std::int64_t began = clock.now();
  std::uint32_t retries = options.retries;
  if (place < part.before.size()) result.repetitions = part.before[place];
  std::uint32_t repetition = repetitions_done(result.repetitions, retries);
  std::uint32_t wanted = std::max(options.repetitions, repetition);
  for (; !stop.load() && missed_for_good(result.repetitions) == nullptr; ++repetition) {
    if (repetition == wanted) {
      if (!part.look_at) break;
      result.wall = clock.duration(clock.now() - began);
      Look look = part.look_at(result);
      result.stopping = Stopping{options.repetitions, wanted, std::move(look.why)};
      if (look.more == 0) break;
      wanted += look.more;
      live.expect_repetitions(part.first + wanted);
    }
    live.begin_repetition(part.first + repetition + 1);
    RepetitionPlan plan =
        plan_repetition(options, planned, clock, part.first + repetition, part.whole);
    plan.turn = repetition;
    try {
      for (std::uint32_t attempt = 1; !stop.load() || attempt == 1; ++attempt) {
        if (!part.lean) plan.beside = free(planned, *transport);
        result.repetitions.push_back(observed_repetition(plan, *transport, stop, live));
        RepetitionResult& last = result.repetitions.back();
        last.attempt = attempt;
        if (part.notes.over && !last.interrupted) part.notes.over(place, result);
        if (!last.disturbed() || retries == 0 || stop.load()) break;
        --retries;
      }
    } catch (const std::exception& error) {
      // What was measured before counts more than what cannot be had now.
      if (nothing_yet && result.repetitions.empty()) throw;
      result.faults.push_back(
          fmt::format("repetition {} could not be run: {}", repetition + 1, error.what()));
      if (part.notes.over) part.notes.over(place, result);
      break;
    }
  }
  if (result.stopping) {
    result.stopping->run = repetition;
    if (const MissedBudget* missed = missed_for_good(result.repetitions)) {
      result.stopping->reason = "missed for good: " + missed->budget;
    }
    if (stop.load()) result.stopping->reason = "the run was interrupted";
  }
  return result;
}

/// The machine as the doctor sees it from files alone, in some milliseconds.
std::optional<Examination> examine_for(const RunPlan& plan, bool sleeps) {
  try {
    return examine({.cores = measured_cores(plan),
                    .probe = Nanoseconds{0},
                    .sleeps = sleeps,
                    .realtime = plan.options.realtime});
  } catch (const SetupError&) {
    return std::nullopt;  // no facts, and the run can do without
  }
}

/// Moves the calling thread, which wakes at every interval, to cores that nothing measures.
void leave_measured_cores(const std::vector<RunPlan>& plans) {
  std::vector<CpuId> cores = allowed_cpus();
  for (const RunPlan& plan : plans) {
    const std::vector<CpuId> measured = measured_cores(plan);
    std::erase_if(cores, [&](CpuId cpu) {
      return std::binary_search(measured.begin(), measured.end(), cpu);
    });
  }
  if (!cores.empty()) pin_this_thread(cores);
}

bool any_sleeps(const std::vector<RunPlan>& plans) {
  for (const RunPlan& plan : plans) {
    for (const PlannedScenario& planned : plan.scenarios) {
      if (planned.scenario.wait == WaitStrategy::park) return true;
    }
  }
  return false;
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::vector<CpuId> measured_cores(const RunPlan& plan) {
  std::vector<CpuId> cores;
  for (const PlannedScenario& planned : plan.scenarios) {
    const TransportEntry* transport = find_transport(planned.scenario.transport);
    const auto& cpus = planned.placement.cpus;
    const bool one = transport != nullptr && transport->one_core && !cpus.empty();
    cores.insert(cores.end(), cpus.begin(), one ? cpus.begin() + 1 : cpus.end());
  }
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

RunSession::RunSession(const std::vector<RunPlan>& plans, const Clock& clock)
    : clock_(clock), environment_(read_environment()), overhead_(measure_self_overhead(clock)) {
  leave_measured_cores(plans);
  tuning_.emplace(any_sleeps(plans));
}

RunResult RunSession::begin(const RunPlan& plan) const {
  RunResult result;
  result.options = plan.options;
  result.environment = environment_;
  result.clock = clock_.info();
  result.overhead = overhead_;
  result.started_at = utc_now();
  result.tuning = tuning_->steps();
  return result;
}

RepetitionResult RunSession::repeat(const RunOptions& options, const PlannedScenario& planned,
                                    std::uint32_t repetition,
                                    const std::function<std::int64_t()>& agreed_start,
                                    const StopFlag& stop, LiveProgress& live) const {
  const TransportEntry* transport = find_transport(planned.scenario.transport);
  if (transport == nullptr) throw SetupError("no transport of this name");
  RepetitionPlan plan = plan_repetition(options, planned, clock_, repetition, true);
  plan.agreed_start = agreed_start;
  // Agents may share a machine, and none knows the cores of the others.
  plan.beside = FreeCore{std::nullopt, "several agents measure together"};
  return observed_repetition(std::move(plan), *transport, stop, live);
}

RunResult RunSession::run(const RunPlan& plan, const StopFlag& stop, LiveProgress& live,
                          RunPart part) const {
  RunResult result = begin(plan);
  if (part.notes.begun) part.notes.begun(result);
  const std::int64_t start = clock_.now();
  std::uint32_t position = 0;
  std::string unreached;
  const bool guest = environment_.virtual_machine.value_or(true);
  const FreeCoreOf free = [&](const PlannedScenario& planned, const TransportEntry& transport) {
    return free_core(free_, planned, transport, clock_, guest);
  };
  for (const PlannedScenario& planned : plan.scenarios) {
    if (stop.load()) unreached = "not reached: the run was interrupted";
    if (!unreached.empty()) {
      result.scenarios.push_back({.scenario = planned.scenario,
                                  .placement = planned.placement,
                                  .repetitions = {},
                                  .wall = {},
                                  .skipped = unreached});
      continue;
    }
    const std::int64_t began = clock_.now();
    live.begin_scenario(planned.scenario.name, ++position,
                        part.all > 0 ? part.all : plan.options.repetitions);
    const bool nothing_yet = std::ranges::all_of(
        result.scenarios, [](const ScenarioResult& one) { return one.repetitions.empty(); });
    result.scenarios.push_back(run_scenario(plan.options, planned, result.scenarios.size(), part,
                                            nothing_yet, clock_, free, stop, live));
    for (const RepetitionResult& repetition : result.scenarios.back().repetitions) {
      for (const TuningStep& step : repetition.tuning) add_step(result.tuning, step);
    }
    result.scenarios.back().wall = clock_.duration(clock_.now() - began);
    live.end_scenario(result);
    if (part.go_on && !part.go_on(result.scenarios.back())) {
      unreached = fmt::format("not reached: the run ended with {}", planned.scenario.name);
    }
  }
  result.interrupted = stop.load();
  result.wall = clock_.duration(clock_.now() - start);
  return result;
}

RunResult run(const RunPlan& plan, const Clock& clock, const StopFlag& stop, LiveProgress& live,
              RunPart part) {
  // Before the session changes what there is to see.
  std::optional<Examination> examination = examine_for(plan, any_sleeps({plan}));
  const RunSession session({plan}, clock);
  live.begin_run(static_cast<std::uint32_t>(plan.scenarios.size()), plan.planned);
  part.whole = false;
  RunResult result = session.run(plan, stop, live, std::move(part));
  if (examination) examine_again(*examination, result.wall);
  result.examination = std::move(examination);
  return result;
}

}  // namespace busmark
