// SPDX-License-Identifier: Apache-2.0
#include "engine/runner.hpp"

#include <algorithm>
#include <ctime>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "engine/registry.hpp"
#include "engine/repetition_plan.hpp"
#include "engine/run/scenario_run.hpp"
#include "engine/self_overhead.hpp"
#include "machine/affinity.hpp"
#include "machine/environment.hpp"
#include "machine/examination.hpp"
#include "machine/process_tuning.hpp"
#include "record/run_result.hpp"
#include "transport/plugin/door_cost.hpp"
#include "transport/plugin/plugin.hpp"

namespace busmark {
namespace {

constexpr const char* kInterrupted = "not reached: the run was interrupted";

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

/// Batches that some scenario moves through a plugin, each once.
std::vector<std::uint32_t> batches_of_plugins(const std::vector<RunPlan>& plans) {
  std::set<std::uint32_t> batches;
  for (const RunPlan& plan : plans) {
    for (const PlannedScenario& planned : plan.scenarios) {
      const bool plugin = find_plugin(planned.scenario.transport) != nullptr;
      if (plugin) batches.insert(planned.scenario.batch);
    }
  }
  return {batches.begin(), batches.end()};
}

/// Those that some scenario uses, in that order.
std::vector<PluginReport> plugins_of(const RunPlan& plan) {
  std::vector<const Plugin*> used;
  std::vector<PluginReport> reports;
  for (const PlannedScenario& planned : plan.scenarios) {
    const Plugin* plugin = find_plugin(planned.scenario.transport);
    if (plugin == nullptr || std::find(used.begin(), used.end(), plugin) != used.end()) continue;
    used.push_back(plugin);
    reports.push_back(plugin->report);
  }
  return reports;
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
  door_ = measure_door(clock_, batches_of_plugins(plans));
}

RunResult RunSession::begin(const RunPlan& plan) const {
  RunResult result;
  result.options = plan.options;
  result.environment = environment_;
  result.clock = clock_.info();
  result.overhead = overhead_;
  result.started_at = utc_now();
  result.tuning = tuning_->steps();
  result.plugins = plugins_of(plan);
  result.door = door_;
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
  const bool guest = environment_.virtual_machine.value_or(true);
  const FreeCoreOf free = [&](const PlannedScenario& planned, const TransportEntry& transport) {
    return free_core(free_, planned, transport, clock_, guest);
  };
  std::deque<ScenarioRun> scenarios;
  const auto nothing_yet = [&] {
    return std::ranges::none_of(scenarios, &ScenarioRun::has_measured);
  };
  const RunTools tools{plan.options, part, clock_, free, stop, live, nothing_yet};
  for (const PlannedScenario& planned : plan.scenarios) {
    scenarios.emplace_back(tools, planned, scenarios.size());
  }
  const std::uint32_t all = part.all > 0 ? part.all : plan.options.repetitions;
  const auto add = [&](ScenarioRun& scenario) {
    result.scenarios.push_back(scenario.take());
    for (const RepetitionResult& repetition : result.scenarios.back().repetitions) {
      for (const TuningStep& step : repetition.tuning) add_step(result.tuning, step);
    }
    live.end_scenario(result);
  };
  const auto skip = [&](const PlannedScenario& planned, const std::string& why) {
    result.scenarios.push_back({.scenario = planned.scenario,
                                .placement = planned.placement,
                                .repetitions = {},
                                .wall = {},
                                .skipped = why});
  };
  if (plan.options.order == Order::interleaved) {
    for (bool more = true; more;) {
      more = false;
      for (std::uint32_t i = 0; i < scenarios.size(); ++i) {
        live.begin_scenario(plan.scenarios[i].scenario.name, i + 1, all);
        more = scenarios[i].step() || more;
      }
    }
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      scenarios[i].reached() ? add(scenarios[i]) : skip(plan.scenarios[i], kInterrupted);
    }
  } else {
    std::string unreached;
    for (std::uint32_t i = 0; i < scenarios.size(); ++i) {
      const PlannedScenario& planned = plan.scenarios[i];
      if (stop.load()) unreached = kInterrupted;
      if (!unreached.empty()) {
        skip(planned, unreached);
        continue;
      }
      live.begin_scenario(planned.scenario.name, i + 1, all);
      while (scenarios[i].step()) {
      }
      add(scenarios[i]);
      if (part.go_on && !part.go_on(result.scenarios.back())) {
        unreached = fmt::format("not reached: the run ended with {}", planned.scenario.name);
      }
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
