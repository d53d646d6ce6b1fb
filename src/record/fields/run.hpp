// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "record/fields/classes.hpp"
#include "record/fields/fault.hpp"
#include "record/fields/process.hpp"
#include "record/fields/repetition.hpp"
#include "record/fields/stages.hpp"
#include "record/fields/tail.hpp"
#include "record/run.hpp"

namespace busmark {

// busmark.result/1 in one place: which value stands under which key, for the reader and the writer
// alike, so that they cannot drift. `io(key, value)` is a value that must be there and not be
// negative; `io.any_sign` may be negative; `io.known` a text that is null where it is empty;
// `io.later` a value that files of earlier versions lack; `io.derived` a value that follows from
// others; `io.object` a part without a type of its own.

void fields(auto& io, Is<StoredRates> auto& rate) {
  io("intended", rate.intended);
  io("offered", rate.offered);
  io("achieved", rate.achieved);
  io("received", rate.received);
}

void fields(auto& io, Is<MessageCounts> auto& counts) {
  io("published", counts.published);
  io("received", counts.received);
  io("dropped", counts.dropped);
  io("refused", counts.refused);
  io("lost", counts.lost);
  io("duplicated", counts.duplicated);
  io("reordered", counts.reordered);
  io("corrupt", counts.corrupt);
}

void fields(auto& io, Is<StoredWitness> auto& witness) {
  io("from_cpu", witness.from_cpu);
  io("to_cpu", witness.to_cpu);
  io("class", witness.distance);
  io("one_way_ns", witness.one_way_ns);
  io.any_sign("clock_offset_ns", witness.clock_offset_ns);
  io("clock_bound_ns", witness.clock_bound_ns);
}

void fields(auto& io, Is<ResourceUsage> auto& usage) {
  io("user_ns", usage.user);
  io("system_ns", usage.system);
  io("voluntary_switches", usage.voluntary_switches);
  io("involuntary_switches", usage.involuntary_switches);
  io("minor_faults", usage.minor_faults);
  io("major_faults", usage.major_faults);
  io("wall_ns", usage.wall);
}

void fields(auto& io, Is<StoredResources> auto& resources) {
  io("producers", resources.producers);
  io("consumers", resources.consumers);
  io("core_share", resources.core_share);
  io("steal_share", resources.steal_share);
  io("frequency_mhz", resources.frequency_mhz);
}

void fields(auto& io, Is<StoredInterval> auto& interval) {
  io("start_ns", interval.start);
  io("length_ns", interval.length);
  io("response_ns", interval.response);
}

void fields(auto& io, Is<NatsLoad> auto& load) {
  io("in_messages", load.in_messages);
  io("out_messages", load.out_messages);
  io("in_bytes", load.in_bytes);
  io("out_bytes", load.out_bytes);
  io("slow_consumers", load.slow_consumers);
  io("memory_bytes", load.memory);
  io("connections", load.connections);
  io("gomaxprocs", load.gomaxprocs);
  io("cpu_ns", load.processor_time);
}

void fields(auto& io, Is<NatsEndpointReport> auto& endpoint) {
  auto& counters = endpoint.counters;
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
  io.known("end", endpoint.end);
  io("reconnects", counters.reconnects);
  io("earlier_ends", endpoint.earlier_ends);
}

void fields(auto& io, Is<NatsLibraryThread> auto& thread) {
  io("name", thread.name);
  io("allowed_cpus", thread.allowed_cpus);
  io("seen_on", thread.seen_on);
  io("cpu_ns", thread.processor_time);
}

void fields(auto& io, Is<NatsLibraryConnection> auto& connection) {
  io("role", connection.role);
  io("messages_sent", connection.messages_sent);
  io("bytes_sent", connection.bytes_sent);
  io("messages_received", connection.messages_received);
  io("bytes_received", connection.bytes_received);
  io("disconnects", connection.disconnects);
  io("reconnects", connection.reconnects);
  io("slow_consumer_drops", connection.slow_consumer_drops);
  io("refusals", connection.refusals);
  io("foreign", connection.foreign);
  io("lame_duck", connection.lame_duck);
  io("closed", connection.closed);
  io.known("error", connection.error);
}

void fields(auto& io, Is<NatsLibraryReport> auto& library) {
  io("library", library.library);
  io("flush", library.flush);
  io("delivery", library.delivery);
  io.known("stream", library.stream);
  io("threads", library.threads);
  io("connections", library.connections);
}

void fields(auto& io, Is<NatsReport> auto& nats) {
  io("server", nats.server);
  io("load", nats.load);
  io.known("load_fault", nats.load_fault);
  io("endpoints", nats.endpoints);
  io.later("library", nats.library);
  io("log", nats.log);
}

void fields(auto& io, Is<StoredRepetition> auto& repetition) {
  io("used", repetition.used);
  io("attempt", repetition.attempt);
  io("disturbed", repetition.disturbed);
  io.known("disturbance", repetition.disturbance);
  io("interrupted", repetition.interrupted);
  io("elapsed_ns", repetition.elapsed);
  io("rate", repetition.rate);
  io.object("latency_ns", [&](auto& part) {
    part("response", repetition.response);
    part("service", repetition.service);
  });
  io("pacing_ns", repetition.pacing);
  io("late", repetition.late);
  io("overdue", repetition.overdue);
  io("unsent", repetition.unsent);
  io("ended_early", repetition.ended_early);
  io("warmup_lost", repetition.warmup_lost);
  io("clock_backwards", repetition.clock_backwards);
  io("worst_backwards_ns", repetition.worst_backwards);
  io("counts", repetition.counts);
  io("drain_timed_out", repetition.drain_timed_out);
  io.object("witness", [&](auto& part) {
    part("before", repetition.before);
    part("after", repetition.after);
  });
  io("resources", repetition.resources);
  io.later("warmup", repetition.warmup);
  io.later("called_off", repetition.called_off);
  io.later("pauses", repetition.pauses);
  io.later("level_changes", repetition.level_changes);
  io.later("slow", repetition.slow);
  io.later("memory_bytes", repetition.memory);
  io.later("cpu_per_message_ns", repetition.cpu);
  io.later("fault", repetition.fault);
  io.later("nats", repetition.nats);
  io.later("load_series", repetition.load_series);
  io.later("intervals", repetition.intervals);
}

void fields(auto& io, Is<StoredBudget> auto& budget) {
  io("budget", budget.text);
  io("verdict", budget.verdict);
  io.any_sign("value", budget.value);
  io("limit", budget.limit);
  io.any_sign("margin", budget.margin);
  io.known("reason", budget.reason);
  io.later("class", budget.message_class);
  io.later("never", budget.never);
}

void fields(auto& io, Is<StoredPlacement> auto& placement) {
  io.known("description", placement.description);
  io("cpus", placement.cpus);
  io("shared", placement.shared);
  io("degraded_wait", placement.degraded_wait);
}

void fields(auto& io, Is<StoredHistograms> auto& histograms) {
  io("response", histograms.response);
  io("service", histograms.service);
}

void fields(auto& io, Is<ReceiverSummary> auto& receiver) {
  io("role", receiver.role);
  io("received", receiver.received);
  io("dropped", receiver.dropped);
  io("p50_ns", receiver.p50);
  io("p95_ns", receiver.p95);
  io("p99_ns", receiver.p99);
  io("max_ns", receiver.max);
}

void fields(auto& io, Is<ReceiversSummary> auto& receivers) {
  io("fairness", receivers.fairness);
  io("spread_p50", receivers.spread);
  io("each", receivers.each);
}

void fields(auto& io, Is<FloorPercentile> auto& percentile) {
  io("percentile", percentile.percentile);
  io("value", percentile.value);
  io("machine", percentile.machine);
  io.later("low", percentile.low);
}

void fields(auto& io, Is<FloorSummary> auto& floor) {
  io("watched", floor.watched);
  io("one_way", floor.one_way);
  io("mean", floor.mean);
  io("max", floor.max);
  io("percentiles", floor.percentiles);
  io.later("mean_low", floor.mean_low);
}

void fields(auto& io, Is<FloorDuringSummary> auto& floor) {
  io("cpu", floor.cpu);
  io("watched_ns", floor.watched);
  io("gaps", floor.gaps);
  io("gap_p99_ns", floor.p99);
  io("gap_max_ns", floor.longest);
  io("lost_share", floor.lost_share);
  io("switched_share", floor.switched_share);
  io("own_share", floor.own_share);
  io("foreign_share", floor.foreign_share);
  io("around_share", floor.around_share);
}

void fields(auto& io, Is<Stopping> auto& stopping) {
  io("planned", stopping.planned);
  io("run", stopping.run);
  io("reason", stopping.reason);
}

void fields(auto& io, Is<StoredScenario> auto& scenario) {
  io("name", scenario.name);
  io("transport", scenario.transport);
  io("parameters", scenario.parameters);
  io("placement", scenario.placement);
  io("verdict", scenario.verdict);
  io("reasons", scenario.reasons);
  io("budgets", scenario.budgets);
  io.object("latency_ns", [&](auto& part) {
    part("meaning", scenario.meaning);
    part("response", scenario.response);
    part("service", scenario.service);
  });
  io("pacing_ns", scenario.pacing);
  io("late", scenario.late);
  io("overdue", scenario.overdue);
  io("unsent", scenario.unsent);
  io("rate", scenario.rate);
  io("counts", scenario.counts);
  io.later("receivers", scenario.receivers);
  io.later("stages", scenario.stages);
  io.later("classes", scenario.classes);
  io.later("closed_loop", scenario.users);
  io.later("cpu_overhead", scenario.cpu);
  io.later("floor_ns", scenario.floor);
  io.later("floor_during", scenario.floor_during);
  io.later("histograms", scenario.histograms);
  io.later("stopping", scenario.stopping);
  io.later("wall_ns", scenario.wall);
  io("repetitions", scenario.repetitions);
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
  io("level", finding.level);
  io.known("found", finding.found);
  io("wanted", finding.wanted);
  io("fix", finding.fix);
  io.known("reason", finding.reason);
}

void fields(auto& io, Is<StoredEnvironment> auto& environment) {
  auto& machine = environment.machine;
  io("busmark", machine.build);
  io.known("host", machine.host);
  io.known("cpu_model", machine.cpu_model);
  io("online_cpus", machine.online_cpus);
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
  io.later("findings", environment.findings);
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
  io.known("server", agent.server);
  io.any_sign("clock_offset_ns", agent.clock_offset);
  io("clock_bound_ns", agent.clock_bound);
  io("published", agent.published);
  io("received", agent.received);
  io.known("fault", agent.fault);
}

void fields(auto& io, Is<StoredRun> auto& run) {
  io("name", run.name);
  io("started_at", run.started_at);
  io.later("label", run.label);
  io.later("note", run.note);
  io.later("command", run.command);
  io("wall_ns", run.wall);
  io("quick", run.quick);
  io("interrupted", run.interrupted);
  io("repetitions", run.planned_repetitions);
  io("retries", run.retries);
  io("seed", run.seed);
  io("environment", run.environment);
  io("overhead_ns", run.overhead);
  io("scenarios", run.scenarios);
  io.later("agents", run.agents);
  io("hints", run.hints);
}

}  // namespace busmark
