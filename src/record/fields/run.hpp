// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/classes.hpp"
#include "record/fields/fault.hpp"
#include "record/fields/machine.hpp"
#include "record/fields/nats.hpp"
#include "record/fields/plugin.hpp"
#include "record/fields/process.hpp"
#include "record/fields/repetition.hpp"
#include "record/fields/stages.hpp"
#include "record/fields/tail.hpp"
#include "record/run.hpp"

namespace busmark {

// busmark.result/1 in one place.

void fields(auto& io, Is<StoredRates> auto& rate) {
  io.type("rate");
  io("intended", rate.intended, {"Asked for; null under saturation."});
  io("offered", rate.offered, {"Messages the producers tried to send per second."});
  io("achieved", rate.achieved, {"Of these, accepted by the transport."});
  io("received", rate.received);
}

void fields(auto& io, Is<MessageCounts> auto& counts) {
  io.type("counts", "published = received + dropped + refused + lost.");
  io("published", counts.published);
  io("received", counts.received);
  io("dropped", counts.dropped);
  io("refused", counts.refused);
  io("lost", counts.lost);
  io("duplicated", counts.duplicated);
  io("reordered", counts.reordered);
  io("corrupt", counts.corrupt);
}

void fields(auto& io, Is<StoredResources> auto& resources) {
  io("producers", resources.producers);
  io("consumers", resources.consumers);
  io("core_share", resources.core_share,
     {.what = "Smallest share of the time for which a measured thread had its core.", .most = 1});
  io("steal_share", resources.steal_share);
  io("frequency_mhz", resources.frequency_mhz);
}

void fields(auto& io, Is<StoredInterval> auto& interval) {
  io.type("interval",
          "Response time of the messages received in one stretch of the measured window; "
          "percentiles are withheld where they have too few samples.");
  io("start_ns", interval.start);
  io("length_ns", interval.length);
  io("response_ns", interval.response);
}

void fields(auto& io, Is<StoredRepetition> auto& repetition) {
  io.type("repetition");
  io("used", repetition.used);
  io("attempt", repetition.attempt, {.least = 1});
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
  io.later(
      "warmup", repetition.warmup,
      {"How the warm-up went, where scenario.warmup = \"auto\"; absent: it had a fixed length."});
  io.later(
      "backlog", repetition.backlog,
      {.what = "Messages of the warm-up that were still to be sent when the window began: they "
               "took its time, and rate counts them. Absent: 1 % of the window's or fewer.",
       .least = 1});
  io.later("called_off", repetition.called_off,
           {"The budget that ended it early, with scenario.abort_on_fail; absent: it was not."});
  io.later("pauses", repetition.pauses,
           {.what = "How often the process was continued (SIGCONT), as after SIGSTOP or SIGTSTP; "
                    "absent: never.",
            .least = 1});
  io.later("level_changes", repetition.level_changes,
           {"Where the p50 went to another level and stayed there; absent: nowhere, or there are "
            "too few intervals to tell."});
  io.later("slow", repetition.slow);
  io.later(
      "memory_bytes", repetition.memory,
      {"Of the process, where a budget of rss or memory.growth asks for it. before: RSS shortly "
       "before the measured window; after: when every receiver was done; peak: the greatest "
       "between; null: not known. own: what busmark recorded meanwhile, left out of growth."});
  io.later("cpu_per_message_ns", repetition.cpu,
           {"Where a budget of cpu_overhead asks for it: processor time per message received over "
            "the transport, warm-up included, and of the same work called directly beside it."});
  io.later("fault", repetition.fault);
  io.later("nats", repetition.nats,
           {"What nats-server and the connections to it did; absent for other transports."});
  io.later("load_series", repetition.load_series, {"Of a load in stages, in order of time."});
  io.later("intervals", repetition.intervals, {"In order of time. Older files lack it."});
}

void fields(auto& io, Is<StoredBudget> auto& budget) {
  io.type("budget");
  io("budget", budget.text);
  io("verdict", budget.verdict);
  io.any_sign("value", budget.value);
  io("limit", budget.limit);
  io.any_sign("margin", budget.margin,
              {"Share of the limit that is left; negative when exceeded."});
  io.known("reason", budget.reason);
  io.later("class", budget.message_class,
           {"The class of a mix that it judges; absent where it judges the whole scenario."});
  io.later("never", budget.never,
           {"True where value is null because what it reads took for ever: messages that were due "
            "never arrived."});
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
  io("role", receiver.role, {.one_of = "consumer|stage|responder|requester"});
  io("received", receiver.received);
  io("dropped", receiver.dropped);
  io("p50_ns", receiver.p50);
  io("p95_ns", receiver.p95);
  io("p99_ns", receiver.p99);
  io("max_ns", receiver.max);
}

void fields(auto& io, Is<ReceiversSummary> auto& receivers) {
  io("fairness", receivers.fairness,
     {.what = "Jain's index of what the final receivers got: 1 is even, 1/n is one for all.",
      .most = 1.000001});
  io("spread_p50", receivers.spread, {"Highest p50 of a final receiver over the lowest."});
  io("each", receivers.each);
}

void fields(auto& io, Is<FloorPercentile> auto& percentile) {
  io("percentile", percentile.percentile);
  io("value", percentile.value);
  io("machine", percentile.machine, {"The measured percentile cannot be told from the floor."});
  io.later("low", percentile.low,
           {"Lower end of its 95 % interval. A missed budget is excused only where that misses it "
            "too."});
}

void fields(auto& io, Is<FloorSummary> auto& floor) {
  io("watched", floor.watched);
  io("one_way", floor.one_way);
  io("mean", floor.mean);
  io("max", floor.max);
  io("percentiles", floor.percentiles);
  io.later("mean_low", floor.mean_low,
           {"Lower end of the 95 % interval of the mean: few gaps tell little."});
}

void fields(auto& io, Is<FloorDuringSummary> auto& floor) {
  io("cpu", floor.cpu);
  io("watched_ns", floor.watched);
  io("gaps", floor.gaps);
  io("gap_p99_ns", floor.p99);
  io("gap_max_ns", floor.longest);
  io("lost_share", floor.lost_share,
     {.what = "The watching thread, which gives way to every other one, did not run.", .most = 1});
  io("switched_share", floor.switched_share,
     {.what = "Of that, another thread had the core.", .most = 1});
  io("own_share", floor.own_share,
     {.what = "What threads of busmark that may run there have run, there or elsewhere.",
      .most = 1});
  io("foreign_share", floor.foreign_share,
     {.what = "Lost to anything but busmark's own threads, at least.", .most = 1});
  io("around_share", floor.around_share,
     {.what = "foreign_share before and after the repetitions.", .most = 1});
}

void fields(auto& io, Is<Stopping> auto& stopping) {
  io("planned", stopping.planned, {.least = 1});
  io("run", stopping.run, {.what = "In all; retries of a disturbed one do not count.", .least = 1});
  io("reason", stopping.reason, {"Why there are no more."});
}

void fields(auto& io, Is<StoredDifference> auto& difference) {
  io("measure", difference.measure, {.one_of = "p50|p95|rate"});
  io.any_sign("share", difference.share);
  io.any_sign("low", difference.low);
  io.any_sign("high", difference.high);
  io("rounds", difference.rounds);
}

void fields(auto& io, Is<StoredScenario> auto& scenario) {
  io.type("scenario");
  io("name", scenario.name);
  io("transport", scenario.transport);
  io.flag("operation", scenario.operation,
          {"Times are of operations (op/...), not of messages; absent: they are of messages."});
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
  io("pacing_ns", scenario.pacing, {"sent - due; open loop only."});
  io("late", scenario.late);
  io("overdue", scenario.overdue);
  io("unsent", scenario.unsent);
  io("rate", scenario.rate);
  io("counts", scenario.counts);
  io.later("copies", scenario.copies,
           {"Deliveries of one message, which counts and samples are of; absent: one."});
  io.later("receivers", scenario.receivers,
           {"Each of several receivers over the repetitions used; absent where there is only one. "
            "Percentiles are medians of those of the repetitions, null where the samples cannot "
            "carry them."});
  io.later("stages", scenario.stages, {"Of a load in stages, in order of time."});
  io.later("classes", scenario.classes, {"Of a mix, in the order of the config."});
  io.later("closed_loop", scenario.users, {"Of a load by users."});
  io.later("above", scenario.above,
           {"How far it is from the scenario before it, where run.order = \"interleaved\": means "
            "of the shares of each round, 0.1 is ten per cent more, with the 95 % interval by "
            "Student's t of their logarithms, null with fewer than three rounds."});
  io.later("cpu_overhead", scenario.cpu,
           {"Processor time of a message against that of the same work called directly: medians "
            "over the repetitions used. added_ns and share (of the direct call) with the 95 % "
            "interval of the sign test, which needs six repetitions."});
  io.later("floor_ns", scenario.floor,
           {"What a transport that takes no time would have shown on the cores of this scenario, "
            "from spinning on them just before and after each repetition; absent where they could "
            "not be probed."});
  io.later("floor_during", scenario.floor_during,
           {"What a core that nothing measured did in the measured windows, over all repetitions "
            "used; absent where none was free to be watched. Shares are of the time watched."});
  io.later("histograms", scenario.histograms,
           {"The merged histograms of the repetitions used, in nanoseconds: HdrHistogram V2, "
            "compressed, base64. Older files lack it."});
  io.later("stopping", scenario.stopping,
           {"How the scenario came to its repetitions, where more than the planned ones might have "
            "been run; absent elsewhere."});
  io.later("wall_ns", scenario.wall,
           {"All repetitions with warm-ups, probes, drains and retries."});
  io("repetitions", scenario.repetitions);
}

void fields(auto& io, Is<StoredRun> auto& run) {
  io("name", run.name);
  io("started_at", run.started_at, {.pattern = R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$)"});
  io.later("label", run.label, {"What the user called the run (run --label); absent without."});
  io.later("note", run.note, {"What the user noted with it (run --note); absent without."});
  io.later("command", run.command,
           {"Words of the command that made the run, the program's path apart."});
  io("wall_ns", run.wall);
  io("quick", run.quick);
  io("interrupted", run.interrupted);
  io.later("incomplete", run.incomplete,
           {"Why what was planned is not all there, where the run ended without a word; absent "
            "otherwise."});
  io.later("resumed", run.resumed,
           {"When a run that was cut was taken up, and after how much; absent otherwise."});
  io("repetitions", run.planned_repetitions, {.least = 1});
  io("retries", run.retries);
  io.later("until", run.until,
           {"Percentiles that were to be known well, as run.until has them; absent: none was."});
  io.later("order", run.order,
           {"interleaved: repetitions of all scenarios by turns; absent: all of one scenario, then "
            "those of the next."});
  io("seed", run.seed);
  io.later("plugins", run.plugins,
           {"Transports of the user's own (plugin/NAME) that took part; absent: none did."});
  io.later("plugin_door", run.door,
           {"What a message pays for going through the table of a plugin, for each batch in use "
            "with one: queue/spsc driven through a table less the same called directly, a push and "
            "a pop on one core. Median of the rounds with its 95 % interval by the sign test."});
  io("environment", run.environment);
  io("overhead_ns", run.overhead,
     {"What the instrument itself costs on this machine, measured at start: medians in "
      "nanoseconds. null_* are the engine's loops per message over endpoints that hand over "
      "nothing."});
  io("scenarios", run.scenarios);
  io.later("agents", run.agents,
           {"The machines that measured together; absent where one measured alone. Every latency "
            "is by the clock of one of them."});
  io("hints", run.hints);
}

}  // namespace busmark
