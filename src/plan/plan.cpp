// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/escape.hpp"
#include "config/file.hpp"
#include "engine/registry.hpp"
#include "engine/runner.hpp"
#include "machine/probe/witness.hpp"
#include "plan/limits.hpp"
#include "plan/memory_estimate.hpp"
#include "plan/placement.hpp"
#include "transport/nats/keys.hpp"

namespace busmark {
namespace {

/// Of a plugin that `run.missing_plugins` lets be missing; empty for any other transport.
std::string why_missing(const RunOptions& run, const std::string& transport) {
  for (const PluginChoice& choice : run.plugins) {
    if (std::string(kPluginPrefix) + choice.name == transport) return choice.missing;
  }
  return {};
}

}  // namespace

RunPlan make_plan(const RunConfig& config, const Topology& topology) {
  RunPlan plan{.options = config.run, .scenarios = {}, .planned = {}};
  // Threads of a client library are not ours to pin: they run where the process may.
  for (const Cpu& cpu : topology.cpus) plan.options.nats.client.thread_cpus.push_back(cpu.id);
  const std::optional<ByteCount> memory = available_memory();
  std::set<std::string> names;  // As files of theirs are called, where case does not matter.
  for (const Scenario& scenario : config.scenarios) {
    if (const auto fault = check_transport_limits(scenario)) {
      throw SetupError(fmt::format("scenario {}: {}", scenario.name, *fault));
    }
    const std::string_view ignored = key_of_library_alone(config.run.nats.client.security);
    if (scenario.transport == "nats/wire" && !ignored.empty()) {
      throw SetupError(
          fmt::format("scenario {}: nats/wire takes no {}; choose nats/client, or leave it out of "
                      "[transport.nats]",
                      scenario.name, ignored));
    }
    if (const auto fault = check_memory(scenario, memory)) {
      throw SetupError(fmt::format("scenario {}: {}", scenario.name, *fault));
    }
    for (const Budget& budget : scenario.budget) {
      if (budget.metric != Metric::memory_slope || scenario.soak) continue;
      throw SetupError(
          fmt::format("scenario {}: \"{}\" limits a slope, which busmark soak alone measures; "
                      "run it with that, or write a limit without /h for the growth in one "
                      "repetition, such as \"memory.growth < 1MB\"",
                      scenario.name, budget.text));
    }
    PlannedScenario planned{.scenario = scenario, .placement = {}, .skipped = {}, .planned = {}};
    const TransportEntry* transport = find_transport(scenario.transport);
    const bool with_server = transport != nullptr && transport->info.server;
    const ServerPlace where =
        with_server ? transport->server_place(config.run) : ServerPlace::elsewhere;
    const bool here = where != ServerPlace::elsewhere;
    planned.skipped = transport != nullptr ? transport->why_unavailable(config.run)
                                           : why_missing(config.run, scenario.transport);
    if (planned.skipped.empty()) planned.planned = planned_time({config.run, {scenario}});
    std::vector<SweptPlacement> placements;
    if (config.run.cores.sweep) {
      placements = place_each_distance(topology, scenario, here);
    } else {
      placements = {{"", place(topology, scenario, config.run.cores, here)}};
    }
    for (SweptPlacement& swept : placements) {
      PlannedScenario one = planned;
      if (!swept.distance.empty()) one.scenario.name += "/cores=" + swept.distance;
      const bool is_new = names.insert(file_part_without_case(one.scenario.name)).second;
      if (!is_new && config.run.cores.sweep) {
        throw SetupError(
            fmt::format("scenario {}: run.cores = \"sweep\" makes {} of it, which is the "
                        "name of another; rename one",
                        scenario.name, one.scenario.name));
      }
      one.placement = std::move(swept.placement);
      one.placement.foreign_server = where == ServerPlace::here;
      plan.planned += one.planned;
      plan.scenarios.push_back(std::move(one));
    }
  }
  return plan;
}

Clock choose_clock(const RunPlan& plan) {
  Clock clock = Clock::calibrate(plan.options.clock);
  if (plan.options.clock != Clock::Preference::automatic ||
      clock.info().source == ClockSource::clock_gettime) {
    return clock;
  }
  const std::vector<CpuId> cores = measured_cores(plan);
  for (const CpuId core : cores) {
    const Witness witness = measure_witness(clock, cores.front(), core);
    const double skew = clock_skew_ns(witness);
    if (skew <= kToleratedSkewNs) continue;
    return Clock::calibrate(Clock::Preference::system,
                            fmt::format("the {} of cpu {} and cpu {} differ by {:.0f} ns",
                                        to_string(clock.info().source), index(witness.from),
                                        index(witness.to), witness.clock_offset_ns));
  }
  return clock;
}

}  // namespace busmark
