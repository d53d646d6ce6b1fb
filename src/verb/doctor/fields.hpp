// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "record/fields/machine.hpp"
#include "verb/doctor/judge.hpp"

namespace busmark {

// busmark.doctor/1, in the manner of record/fields/field.hpp; only written.

template <>
inline constexpr std::array kAll<FindingLevel>{FindingLevel::fail, FindingLevel::warn,
                                               FindingLevel::unknown, FindingLevel::note,
                                               FindingLevel::ok};

/// Both halves of what the doctor says.
struct DoctorDocument {
  const Examination& machine;
  const Diagnosis& diagnosis;
};

void fields(auto& io, Is<Delay> auto& delay) {
  io("size_ns", delay.size);
  io("share", delay.share, {.what = "Of the messages.", .most = 1});
}

void fields(auto& io, Is<Finding> auto& finding) {
  io("id", finding.id);
  io("group", finding.group);
  io("level", finding.level);
  io("severity", finding.severity, {"The worst level that this check can give."});
  io.known("found", finding.found, {"Null where unknown; then reason says why."});
  io("wanted", finding.wanted);
  io("why", finding.why, {"Why it matters for latency."});
  io("fix", finding.fix, {"Commands for a root shell or a sentence."});
  io("undo", finding.undo, {"Commands that put back what was found."});
  io.known("reason", finding.reason);
  io("delay", finding.delay, {"Where it is known in size and share."});
}

void fields(auto& io, Is<Witness> auto& witness) {
  io.type("witness");
  io("from_cpu", witness.from);
  io("to_cpu", witness.to);
  io("class", witness.distance());
  io("one_way_ns", witness.one_way_ns);
  io.any_sign("clock_offset_ns", witness.clock_offset_ns);
  io("clock_bound_ns", witness.clock_bound_ns);
}

void fields(auto& io, Is<SpinProbe> auto& probe) {
  const auto if_done = [&](auto value) {
    return probe.problem.empty() ? std::optional(value) : std::nullopt;
  };
  io("cpu", probe.cpu);
  io.known("problem", probe.problem, {"Why it could not be probed; then nothing follows."});
  io.later("wall_ns", if_done(probe.wall));
  io.later("gaps", if_done(probe.gaps.size() + probe.gaps_not_kept));
  io.later("lost_share", if_done(share_delayed(probe, Nanoseconds{})), {.most = 1});
  io.later("mean_delay_ns", if_done(mean_delay_ns(probe)));
  io.later("longest_gap_ns", if_done(longest_gap(probe)));
  io.later("core_share", if_done(probe.usage.core_share()), {.most = 1});
  io.later("involuntary_switches", if_done(probe.usage.involuntary_switches));
  io.later("ghz", if_done(std::vector{probe.first_ghz, probe.last_ghz}),
           {"Before and after; 0 where unknown."});
}

void fields(auto& io, Is<Measurements> auto& measured) {
  io.object("distances", [&](auto& part) {
    part("before", measured.before);
    part("after", measured.after);
  });
  io("cores", measured.cores);
  io("memory_ns", measured.memory_ns, {"One load that misses every cache."});
}

void fields(auto& io, Is<BudgetFitness> auto& fitness) {
  io("budget", fitness.budget.text);
  io("fit", fitness.fit);
  io("reason", fitness.reason);
}

void fields(auto& io, Is<DoctorDocument> auto& document) {
  const auto& [machine, diagnosis] = document;
  io("busmark", machine.build.version);
  io("cpus", machine.cores, {"Those that are judged."});
  io("online_cpus", machine.topology.online);
  io.known("kernel", machine.first.line("proc/sys/kernel/osrelease").value_or(""));
  io.known("cpu_model",
           value_of(machine.first.file("proc/cpuinfo").text, "model name").value_or(""));
  io("fit", diagnosis.fit(), {"No check failed and every budget can be served."});
  io("score", diagnosis.score,
     {.what = "How much of what is known is as wanted; null where nothing is.", .most = 100});
  io("budgets", diagnosis.budgets);
  io.object("counts", [&, &findings = diagnosis](auto& part) {
    for (const FindingLevel level : kAll<FindingLevel>) {
      part(std::string(to_string(level)), findings.count(level));
    }
  });
  io("findings", diagnosis.findings);
  io("measured", machine.measured, {"Null where only files were read."});
  io("between_ns", machine.later ? std::optional(machine.between) : std::nullopt,
     {"Between the two readings of the counters."});
}

}  // namespace busmark
