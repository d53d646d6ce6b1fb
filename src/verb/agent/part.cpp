// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/part.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "record/run_result.hpp"
#include "verb/agent/json_fields.hpp"

namespace busmark {

// Found by the packers through the argument's namespace.
static void fields(auto& io, LibraryVersion& library) {
  io("name", library.name);
  io("version", library.version);
}

static void fields(auto& io, BuildInfo& build) {
  io("version", build.version);
  io("compiler", build.compiler);
  io("flags", build.flags);
  io("allocator", build.allocator);
  io("libraries", build.libraries);
  io("optimised", build.optimised);
  io("sanitized", build.sanitized);
}

static void fields(auto& io, Environment& machine) {
  io("build", machine.build);
  io("host", machine.host);
  io("cpu_model", machine.cpu_model);
  io("online_cpus", machine.online_cpus);
  io("kernel", machine.kernel);
  io("kernel_build", machine.kernel_build);
  io("architecture", machine.architecture);
  io("virtual_machine", machine.virtual_machine);
  io("clocksource", machine.clocksource);
  io("governor", machine.governor);
  io("smt", machine.smt);
  io("isolated_cpus", machine.isolated_cpus);
  io("transparent_huge_pages", machine.transparent_huge_pages);
  io("realtime_budget_us", machine.realtime_budget_us);
  io("load_average", machine.load_average);
}

static void fields(auto& io, ClockInfo& clock) {
  io("source", clock.source);
  io("reason", clock.reason);
  io("ticks_per_second", clock.ticks_per_second);
  io("read_cost_ns", clock.read_cost_ns);
  io("ordered_read_cost_ns", clock.ordered_read_cost_ns);
  io("resolution_ns", clock.resolution_ns);
  io("calibration_ppm", clock.calibration_ppm);
}

static void fields(auto& io, SelfOverhead& overhead) {
  io("clock_read", overhead.clock_read);
  io("ordered_clock_read", overhead.ordered_clock_read);
  io("pacing_step", overhead.pacing_step);
  io("record", overhead.record);
  io("audit_step", overhead.audit_step);
  io("null_publish", overhead.null_publish);
  io("null_receive", overhead.null_receive);
  io("idle_turn", overhead.idle_turn);
}

static void fields(auto& io, TuningStep& step) {
  io("name", step.name);
  io("done", step.done);
  io("detail", step.detail);
}

static void fields(auto& io, MessageCounts& counts) {
  io("published", counts.published);
  io("received", counts.received);
  io("dropped", counts.dropped);
  io("refused", counts.refused);
  io("lost", counts.lost);
  io("duplicated", counts.duplicated);
  io("reordered", counts.reordered);
  io("corrupt", counts.corrupt);
}

static void fields(auto& io, PacingResult& pacing) {
  io("lag", pacing.lag);
  io("late", pacing.late);
  io("overdue", pacing.overdue);
  io("unsent", pacing.unsent);
}

static void fields(auto& io, ResourceUsage& usage) {
  io("user", usage.user);
  io("system", usage.system);
  io("voluntary", usage.voluntary_switches);
  io("involuntary", usage.involuntary_switches);
  io("minor_faults", usage.minor_faults);
  io("major_faults", usage.major_faults);
  io("wall", usage.wall);
}

static void fields(auto& io, Witness& witness) {
  io("from", witness.from);
  io("to", witness.to);
  io("one_way_ns", witness.one_way_ns);
  io("clock_offset_ns", witness.clock_offset_ns);
  io("clock_bound_ns", witness.clock_bound_ns);
}

static void fields(auto& io, IntervalResult& interval) {
  io("start", interval.start);
  io("length", interval.length);
  io("response", interval.response);
  io("service", interval.service);
}

static void fields(auto& io, SectionResult& section) {
  io("start", section.start);
  io("length", section.length);
  io("response", section.response);
}

static void fields(auto& io, NatsEndpointReport& endpoint) {
  NatsCounters& counters = endpoint.counters;
  io("role", endpoint.role);
  io("sends", counters.sends);
  io("bytes_sent", counters.bytes_sent);
  io("full", counters.full);
  io("partial", counters.partial);
  io("receives", counters.receives);
  io("bytes_received", counters.bytes_received);
  io("pings", counters.pings);
  io("errors", counters.errors);
  io("foreign", endpoint.foreign);
  io("unanswered", endpoint.unanswered);
  io("lame_duck", endpoint.lame_duck);
  io("ended", endpoint.ended);
  io("end", endpoint.end);
}

static void fields(auto& io, NatsReport& nats) {
  io("server", nats.server);
  io("load_fault", nats.load_fault);
  io("endpoints", nats.endpoints);
}

static void fields(auto& io, RunResult& head) {
  io("environment", head.environment);
  io("clock", head.clock);
  io("overhead", head.overhead);
  io("tuning", head.tuning);
  io("started_at", head.started_at);
}

static void fields(auto& io, RepetitionResult& result) {
  io("response", result.response);
  io("service", result.service);
  io("intervals", result.intervals);
  io("sections", result.sections);
  io("pacing", result.pacing);
  io("counts", result.counts);
  io("warmup_lost", result.warmup_lost);
  io("intended_rate", result.intended_rate);
  io("offered_rate", result.offered_rate);
  io("achieved_rate", result.achieved_rate);
  io("received_rate", result.received_rate);
  io("elapsed", result.elapsed);
  io("clock_backwards", result.clock_backwards);
  io("worst_backwards", result.worst_backwards);
  io("before", result.before);
  io("after", result.after);
  io("producers", result.producers);
  io("consumers", result.consumers);
  io("core_share", result.core_share);
  io("tuning", result.tuning);
  io("steal_share", result.steal_share);
  io("frequency_mhz", result.frequency_mhz);
  io("nats", result.nats);
  io("drain_timed_out", result.drain_timed_out);
  io("interrupted", result.interrupted);
  io("ended_early", result.ended_early);
  io("disturbance", result.disturbance);
}

namespace {

template <typename T>
void read(std::string_view text, T& value) {
  try {
    agents::Unpacker::unpack(agents::Json::parse(text), value);
  } catch (const std::exception& error) {
    throw SetupError(fmt::format("an agent's answer cannot be read: {}", error.what()));
  }
}

}  // namespace

std::string write_agent_head(const RunResult& result) {
  return agents::Packer::pack(result).dump();
}
void read_agent_head(std::string_view text, RunResult& result) { read(text, result); }

std::string write_part(const RepetitionResult& result) {
  agents::Json json = agents::Packer::pack(result);
  using namespace std::chrono;
  json["measure_time"] = duration_cast<nanoseconds>(result.measure_time.time_since_epoch()).count();
  return json.dump();
}

RepetitionResult read_part(std::string_view text) {
  RepetitionResult result;
  read(text, result);
  using namespace std::chrono;
  const nanoseconds time(agents::Json::parse(text).value("measure_time", std::int64_t{0}));
  result.measure_time = system_clock::time_point(duration_cast<system_clock::duration>(time));
  return result;
}

}  // namespace busmark
