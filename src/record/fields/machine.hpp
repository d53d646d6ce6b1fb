// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/base/clock.hpp"

#include "record/fields/field.hpp"
#include "record/run.hpp"

namespace busmark {

// Fields of the result that tell of machines, their clocks and the cost of measuring on them.

template <>
inline constexpr std::array kAll<ClockSource>{ClockSource::tsc, ClockSource::cntvct,
                                              ClockSource::clock_gettime};
template <>
inline constexpr std::array kAll<Distance>{Distance::same_cpu, Distance::close, Distance::near,
                                           Distance::far};

void fields(auto& io, Is<StoredWitness> auto& witness) {
  io.type("witness");
  io("from_cpu", witness.from_cpu);
  io("to_cpu", witness.to_cpu);
  io("class", witness.distance);
  io("one_way_ns", witness.one_way_ns);
  io.any_sign("clock_offset_ns", witness.clock_offset_ns);
  io("clock_bound_ns", witness.clock_bound_ns);
}

void fields(auto& io, Is<ResourceUsage> auto& usage) {
  io.type("usage");
  io("user_ns", usage.user);
  io("system_ns", usage.system);
  io("voluntary_switches", usage.voluntary_switches);
  io("involuntary_switches", usage.involuntary_switches);
  io("minor_faults", usage.minor_faults);
  io("major_faults", usage.major_faults);
  io("wall_ns", usage.wall);
}

void fields(auto& io, Is<TuningStep> auto& step) {
  io("name", step.name);
  io("done", step.done);
  io("detail", step.detail);
}

void fields(auto& io, Is<BuildInfo> auto& build) {
  io("version", build.version);
  io("compiler", build.compiler);
  io("flags", build.flags);
  io("allocator", build.allocator);
  io("libraries", build.libraries);
  io("optimised", build.optimised);
  io("sanitized", build.sanitized);
}

void fields(auto& io, Is<StoredFinding> auto& finding) {
  io("id", finding.id);
  io("group", finding.group);
  io("level", finding.level, {.one_of = "ok|note|unknown|warn|fail"});
  io.known("found", finding.found);
  io("wanted", finding.wanted);
  io("fix", finding.fix);
  io.known("reason", finding.reason);
}

void fields(auto& io, Is<Environment> auto& machine) {
  io("busmark", machine.build);
  io.known("host", machine.host);
  io.known("cpu_model", machine.cpu_model);
  io("online_cpus", machine.online_cpus, {.least = 1});
  io.known("kernel", machine.kernel);
  io.known("kernel_build", machine.kernel_build);
  io.known("architecture", machine.architecture);
  io("virtual_machine", machine.virtual_machine);
  io.known("clocksource", machine.clocksource);
  io.known("governor", machine.governor);
  io.known("smt", machine.smt);
  io.known("isolated_cpus", machine.isolated_cpus);
  io.known("transparent_huge_pages", machine.transparent_huge_pages);
  io.any_sign("realtime_budget_us", machine.realtime_budget_us);
  io("load_average", machine.load_average);
}

void fields(auto& io, Is<StoredEnvironment> auto& environment) {
  io.type("environment");
  fields(io, environment.machine);
  io.object("clock", [&](auto& part) {
    part("source", environment.clock_source);
    part("reason", environment.clock_reason);
    part("ticks_per_second", environment.ticks_per_second);
    part("read_cost_ns", environment.read_cost_ns);
    part("ordered_read_cost_ns", environment.ordered_read_cost_ns);
    part("resolution_ns", environment.resolution_ns);
    part("calibration_ppm", environment.calibration_ppm);
  });
  io("tuning", environment.tuning);
  io.later("findings", environment.findings,
           {"What busmark doctor reads of the machine, before the run and its counters after it; "
            "nothing measured. Absent where it could not be read."});
}

void fields(auto& io, Is<SelfOverhead> auto& overhead) {
  io("clock_read", overhead.clock_read);
  io("ordered_clock_read", overhead.ordered_clock_read);
  io("pacing_step", overhead.pacing_step);
  io("record", overhead.record);
  io("audit_step", overhead.audit_step);
  io("idle_turn", overhead.idle_turn);
  io("null_publish", overhead.null_publish);
  io("null_receive", overhead.null_receive);
  io.derived("null_message", overhead.null_message());
}

void fields(auto& io, Is<AgentReport> auto& agent) {
  io("name", agent.name);
  io.known("host", agent.host);
  io.known("cpu_model", agent.cpu_model);
  io.known("kernel", agent.kernel);
  io.known("server", agent.server, {"Without secrets."});
  io.any_sign(
      "clock_offset_ns", agent.clock_offset,
      {"Its clock minus the coordinator's, from the request with the shortest round trip."});
  io("clock_bound_ns", agent.clock_bound,
     {"Half that round trip, the worst of the run: the truth lies within this of the offset."});
  io("published", agent.published);
  io("received", agent.received);
  io.known("fault", agent.fault, {"Why a part of it is missing."});
}

}  // namespace busmark
