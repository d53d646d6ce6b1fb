// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "record/fields/machine.hpp"
#include "verb/noise/judge.hpp"

namespace busmark {

// busmark.noise/1, in the manner of record/fields/field.hpp; only written.

template <>
inline constexpr std::array kAll<NoiseCause>{
    NoiseCause::none,   NoiseCause::switches,   NoiseCause::steal,  NoiseCause::tick,
    NoiseCause::device, NoiseCause::cross_call, NoiseCause::unknown};
template <>
inline constexpr std::array kAll<InterruptKind>{InterruptKind::tick, InterruptKind::device,
                                                InterruptKind::cross_call, InterruptKind::other,
                                                InterruptKind::soft};

void fields(auto& io, Is<InterruptCount> auto& interrupt) {
  io("label", interrupt.label, {"As in the kernel's table: LOC, 36, NET_RX."});
  io("name", interrupt.name);
  io("kind", interrupt.kind);
  io("count", interrupt.count);
}

void fields(auto& io, Is<Gap> auto& gap) {
  io("start_ns", gap.start, {"From the start of the window."});
  io("length_ns", gap.length);
  io("cause", gap.switched ? "switch" : "in place", {.one_of = "switch|in place"});
}

void fields(auto& io, Is<NoiseEpisode> auto& episode) {
  io("start_ns", episode.start, {"From the start of the window."});
  io("length_ns", episode.length);
  io("lost_share", episode.lost_share, {.what = "Of that stretch.", .most = 1});
  io("cause", episode.switched ? "switch" : "in place", {.one_of = "switch|in place"});
}

void percentile_fields(auto& io, const std::vector<NoisePercentile>& percentiles) {
  for (const NoisePercentile& each : percentiles) {
    io(format_percentile(each.percentile),
       each.supported ? std::optional(each.value) : std::nullopt);
  }
}

void noise_fields(auto& io, const CoreNoise& core, const CoreNoiseSummary& summary) {
  io("cpu", core.cpu);
  io("observed_ns", core.run.observed);
  io("clock_reads", core.run.reads);
  io("handling_ns", core.run.handling, {"Spent on asking the kernel after a gap."});
  io("gaps", summary.gaps);
  io.object("gap_ns",
            [&](auto& part) {
              percentile_fields(part, summary.gap);
              part("max", summary.gaps == 0 ? std::nullopt : std::optional(summary.longest));
            },
            {"Lengths, each gap counting once; null where too few carry it."});
  io.object("gaps_over_per_second", [&](auto& part) {
    for (std::size_t i = 0; i < kGapSizes.size(); ++i) {
      part(format_duration(kGapSizes[i]), summary.per_second[i]);
    }
  });
  io.object("wait_ns", [&](auto& part) { percentile_fields(part, summary.wait); },
            {"What a message waits that is due at a random moment."});
  io.object("late_ns",
            [&](auto& part) {
              percentile_fields(part, summary.lateness);
              part("max",
                   core.lateness.total() == 0 ? std::nullopt : std::optional(summary.latest));
            },
            {"Of timed sleeps."});
  io("sleeps", core.lateness.total());
  io.object("causes", [&](auto& part) {
    part("main", summary.cause);
    part("lost_share", summary.lost_share, {.what = "Of the time watched.", .most = 1});
    part("in_place_share", summary.in_place_share, {.most = 1});
    part("in_place_per_second", summary.in_place_per_second);
    part("switched_share", summary.switched_share, {.what = "To other threads.", .most = 1});
    part("switched_per_second", summary.switched_per_second);
    part("explained_share", summary.explained,
         {.what = "Interrupts per gap in place: what the kernel's counters explain.", .most = 1});
    part("steal_ns", core.stolen, {"By the hypervisor; null where the kernel does not say."});
    part("counted_ns", core.counted, {"Time between the two readings of the next ones."});
    part("interrupts", core.interrupts);
    part("softirqs", core.softirqs);
  });
  io("longest", core.gaps.longest(), {"The longest gaps."});
  io("episodes", summary.episodes, {"Stretches in which much was lost, the worst ones."});
}

void fields(auto& io, Is<NoiseSummary> auto& summary) {
  const NoiseResult& result = *summary.result;
  io("interrupted", result.interrupted);
  io("duration_ns", result.options.duration);
  io("timer_duration_ns", result.options.timer_duration());
  io("timer_period_ns", result.options.timer_period);
  io("threshold_ns", result.threshold, {"Shortest gap that counts."});
  io.object("machine", [&](auto& part) {
    part.known("cpu_model", result.environment.cpu_model);
    part.known("kernel", result.environment.kernel);
    part("virtual_machine", result.environment.virtual_machine);
  });
  io.object("clock", [&](auto& part) {
    part("source", result.clock.source);
    part("read_cost_ns", result.clock.ordered_read_cost_ns);
    part("resolution_ns", result.clock.resolution_ns);
  });
  io.list("cores", numbers_below(summary.cores.size()), [&](auto& part, std::size_t i) {
    noise_fields(part, result.cores[i], summary.cores[i]);
  });
}

}  // namespace busmark
