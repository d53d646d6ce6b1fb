// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "record/fields/field.hpp"
#include "verb/profile/tell.hpp"

namespace busmark {

// busmark.profile/1, in the manner of record/fields/field.hpp; only written.

/// `part(name, index)` for each event of the processor and the kernel.
void each_perf_event(auto part) {
  for (std::size_t event = 0; event < kPerfEvents; ++event) {
    part(std::string(to_string(static_cast<PerfEvent>(event))), event);
  }
}

void fields(auto& io, Is<CounterFigure> auto& figure) {
  io.type("figure", "Of several repetitions.");
  io("median", figure.median);
  io("least", figure.least);
  io("most", figure.most);
}

void fields(auto& io, Is<RoleCounters> auto& role) {
  io("role", role.role);
  io("threads", role.threads);
  io.object("per_message",
            [&](auto& part) {
              each_perf_event([&](const std::string& name, std::size_t event) {
                part(name, role.per_message[event]);
              });
            },
            {"Of all threads of the role; task-clock in nanoseconds."});
  io("instructions_per_cycle", role.instructions_per_cycle);
  io("on_core_share", role.on_core, {"Of the time, mean of the threads."});
}

void fields(auto& io, Is<CounterSummary> auto& counters) {
  io("repetitions", counters.repetitions, {"That could be counted."});
  io("messages", counters.messages);
  io("time_ns", counters.time);
  io("user_only", counters.user_only);
  io.object("events", [&](auto& events) {
    each_perf_event([&](const std::string& name, std::size_t event) {
      events.object(name, [&](auto& part) {
        part.known("problem", counters.problems[event], {"Why it is missing."});
        part("counted_share", counters.counted[event],
             {.what = "Smallest share of the time in which it was really counted.", .most = 1});
      });
    });
  });
  io("roles", counters.roles);
}

void fields(auto& io, Is<RoleProfile::Row> auto& row) {
  io("symbol", row.frame.symbol);
  io.known("object", row.frame.object, {"Program, library or kernel."});
  io("samples", row.samples, {"In itself, not in what it called."});
  io("share", row.share, {.what = "Of the role's samples.", .most = 1});
  io("share_low", row.interval.low, {.most = 1});
  io("share_high", row.interval.high, {.most = 1});
}

void fields(auto& io, Is<RoleProfile> auto& role) {
  io("role", role.role);
  io("samples", role.samples);
  io("functions", role.rows, {"The most frequent first."});
}

/// Samples, and how they were taken.
struct SampledProfile {
  ProfileRecording recording;
  StackProfile profile;
};

void fields(auto& io, Is<SampledProfile> auto& sampled) {
  const ProfileRecording& recording = sampled.recording;
  const StackProfile& profile = sampled.profile;
  io("perf", recording.perf, {"Its version."});
  io("event", recording.event);
  io("frequency", recording.frequency, {"Samples a second of each thread, while it has a core."});
  io("stacks", recording.stacks, {.one_of = "dwarf|fp|lbr|none"});
  io("user_only", recording.user_only);
  io("inlined", recording.inlined, {"Inlined functions are named."});
  io("samples", profile.samples, {"In the measured windows."});
  io("outside", profile.outside);
  io("lost", profile.lost);
  io("without_stack", profile.without_stack);
  io("malformed_lines", profile.malformed_lines);
  io("roles", profile.roles);
}

/// Named so that nobody takes it for a result.
void fields(auto& io, Is<ScenarioSummary> auto& summary) {
  for (const PercentileEstimate& one : summary.response.percentiles) {
    const bool known = one.supported && !one.never();
    io("response_" + format_percentile(one.percentile) + "_ns",
       known ? std::optional(one.value) : std::nullopt);
  }
  io("achieved_per_second", finite(summary.achieved_rate));
}

void fields(auto& io, Is<ProfileReport> auto& report) {
  io("scenario", report.scenario.name);
  io("config", report.config);
  io("transport", report.scenario.transport);
  io("load", to_string(report.scenario.load));
  io("wait", to_string(report.scenario.wait));
  io("started_at", report.started_at);
  io("machine", report.machine);
  io("version", report.version);
  io("optimised", report.optimised, {"False: the figures mean nothing."});
  io("interrupted", report.interrupted);
  io.known("disturbance", report.disturbance, {"Of the first repetition that was."});
  io("counters", report.counters);
  std::optional<SampledProfile> sampled;
  if (report.profile) sampled = {report.recording, *report.profile};
  io("profile", sampled);
  io.known("no_profile", report.no_profile, {"Why there is none."});
  io.object("cost_of_perf",
            [&](auto& part) {
              part("without_perf", report.without_perf);
              part("under_perf", report.under_perf);
            },
            {"The same scenario without and under perf."});
}

}  // namespace busmark
