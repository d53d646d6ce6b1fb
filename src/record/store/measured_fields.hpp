// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"
#include "busmark/histogram/codec.hpp"

#include "record/fields/run.hpp"
#include "record/run_result.hpp"
#include "record/store/field_reader.hpp"
#include "record/store/field_writer.hpp"
#include "record/store/journal.hpp"

namespace busmark {

// Who reads it is a busmark of the same version, so there is no schema. Found by reader and writer
// through the argument's namespace; static, for other documents have other lists of some types.

/// The histogram whose V2 encoding, exact extremes and overflow are given.
[[nodiscard]] inline Histogram restore_histogram(const DecodedHistogram& decoded, std::uint64_t min,
                                                 std::uint64_t max, std::uint64_t overflow) {
  constexpr const HistogramShape& kShape = Histogram::kShape;
  Histogram histogram;
  if (decoded.buckets().empty()) return histogram;
  if (decoded.shape().length() != kShape.length() || min > max) {
    throw HistogramFormatError("a histogram of another shape");
  }
  const auto& buckets = decoded.buckets();
  for (auto bucket = buckets.rbegin(); bucket != buckets.rend(); ++bucket) {
    std::uint64_t left = bucket->count;
    // What was beyond the range stands at the top: in the last bucket the maximum itself.
    const std::uint64_t beyond = std::min(left, overflow);
    const std::uint64_t highest = kShape.highest();
    const std::uint64_t far = std::max(kShape.lowest_value(bucket->index), highest + 1);
    if (beyond != 0) histogram.record_n(bucket == buckets.rbegin() ? max : far, beyond);
    overflow -= beyond;
    left -= beyond;
    const auto inside = [&](std::uint64_t value) {
      return value <= highest && kShape.index_of(value) == bucket->index;
    };
    if (left != 0 && inside(max)) {
      histogram.record(max);
      --left;
    }
    if (left == 0) continue;
    histogram.record_n(std::max(min, kShape.lowest_value(bucket->index)), left);
  }
  return histogram;
}

[[nodiscard]] inline FieldWriter::Json json_of(const Histogram& histogram) {
  const DecodedHistogram decoded(histogram);
  if (decoded.total() == 0) return nullptr;
  return {encode_histogram(decoded), histogram.min(), histogram.max(), histogram.overflow()};
}

inline void read_json(const FieldReader::Json& json, const ResultPlace& place,
                      Histogram& histogram) {
  if (json.is_null()) return;
  if (!json.is_array() || json.size() != 4) FieldReader::wrong(place, "four values", json);
  DecodedHistogram decoded{Histogram::shape()};
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::uint64_t overflow = 0;
  FieldReader::read(json[0], place, decoded);
  FieldReader::read(json[1], place, min);
  FieldReader::read(json[2], place, max);
  FieldReader::read(json[3], place, overflow);
  histogram.merge(restore_histogram(decoded, min, max, overflow));
}

static void fields(auto& io, Is<ClockInfo> auto& clock) {
  io("source", clock.source);
  io("reason", clock.reason);
  io("ticks_per_second", clock.ticks_per_second);
  io("read_cost_ns", clock.read_cost_ns);
  io("ordered_read_cost_ns", clock.ordered_read_cost_ns);
  io("resolution_ns", clock.resolution_ns);
  io("calibration_ppm", clock.calibration_ppm);
}

static void fields(auto& io, Is<PacingResult> auto& pacing) {
  io("lag", pacing.lag);
  io("late", pacing.late);
  io("overdue", pacing.overdue);
  io("unsent", pacing.unsent);
  io("backlog", pacing.backlog);
}

static void fields(auto& io, Is<Witness> auto& witness) {
  io("from", witness.from);
  io("to", witness.to);
  io("one_way_ns", witness.one_way_ns);
  io.any_sign("clock_offset_ns", witness.clock_offset_ns);
  io("clock_bound_ns", witness.clock_bound_ns);
}

static void fields(auto& io, Is<IntervalResult> auto& interval) {
  io("start", interval.start);
  io("length", interval.length);
  io("response", interval.response);
  io("service", interval.service);
  io("last", interval.last);
}

static void fields(auto& io, Is<SectionResult> auto& section) {
  io("start", section.start);
  io("length", section.length);
  io("response", section.response);
}

static void fields(auto& io, Is<ReceiverResult> auto& receiver) {
  io("count", receiver.response.count);
  io("p50", receiver.response.p50);
  io("p95", receiver.response.p95);
  io("p99", receiver.response.p99);
  io("max", receiver.response.max);
  io("dropped", receiver.dropped);
}

static void fields(auto& io, Is<SpinProbe> auto& probe) {
  io("cpu", probe.cpu);
  io("problem", probe.problem);
  io("wall", probe.wall);
  io("gaps", probe.gaps);
  io("gaps_not_kept", probe.gaps_not_kept);
  io("usage", probe.usage);
  io("first_ghz", probe.first_ghz);
  io("last_ghz", probe.last_ghz);
}

static void fields(auto& io, Is<FloorGaps> auto& gaps) {
  io("watched", gaps.watched);
  io("lost", gaps.lost);
  io("switched", gaps.switched);
  io("own", gaps.own);
  io("gaps", gaps.gaps);
}

static void fields(auto& io, Is<FloorDuring> auto& floor) {
  io("cpu", floor.cpu);
  io("during", floor.during);
  io("around", floor.around);
  io("longest", floor.longest);
  io("lengths", floor.lengths);
}

static void fields(auto& io, Is<StageResult> auto& stage) {
  io("published", stage.published);
  io("refused", stage.refused);
  io("overdue", stage.overdue);
  io("unsent", stage.unsent);
  io("sent", stage.sent);
  io("received", stage.received);
  io("max", stage.max);
  io("response", stage.response);
  io("p95_before", stage.p95_before);
  io("recovery", stage.recovery);
}

static void fields(auto& io, Is<ClassResult> auto& one) {
  io("published", one.published);
  io("refused", one.refused);
  io("received", one.received);
  io("response", one.response);
}

static void fields(auto& io, Is<UsersResult> auto& users) {
  io("thoughts", users.thoughts);
  io("thought", users.thought);
}

static void fields(auto& io, Is<Placement> auto& placement) {
  io("producers", placement.producers);
  io("cpus", placement.cpus);
  io("server", placement.server);
  io("foreign_server", placement.foreign_server);
  io("shared", placement.shared);
  io("degraded_wait", placement.degraded_wait);
  io("reason", placement.reason);
}

static void fields(auto& io, Is<PlanText> auto& plan) {
  io("file", plan.file_name);
  io("text", plan.text);
  io("set", plan.set);
  io("only", plan.only);
  io("tags", plan.tags);
  io("with", plan.with);
  io("without", plan.without);
  io("plugins", plan.plugins);
  io("quick", plan.quick);
  io("until", plan.until);
  io("at_most", plan.at_most);
}

static void fields(auto& io, Is<JournalHead> auto& head) {
  io("schema", head.schema);
  io("program", head.program);
  io("plan", head.plan);
  io("command", head.command);
  io("label", head.label);
  io("note", head.note);
  io("placements", head.placements);
  io("skipped", head.skipped);
}

static void fields(auto& io, Is<RunResult> auto& head) {
  io("environment", head.environment);
  io("clock", head.clock);
  io("overhead", head.overhead);
  io("tuning", head.tuning);
  io("started_at", head.started_at);
}

static void fields(auto& io, Is<RepetitionResult> auto& result) {
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
  io.any_sign("worst_backwards", result.worst_backwards);
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
  io("receivers", result.receivers);
  io("too_late", result.too_late);
  io("floor", result.floor);
  io("floor_during", result.floor_during);
  io("pauses", result.pauses);
  io("stages", result.stages);
  io("load_series", result.load_series);
  io("classes", result.classes);
  io("users", result.users);
  io("memory", result.memory);
  io("cpu", result.cpu);
  io("all_received", result.all_received);
  io("warmup", result.warmup);
  io("fault", result.fault);
  io("slow", result.slow);
  io("missed", result.missed);
  io("attempt", result.attempt);
  using namespace std::chrono;
  auto time = duration_cast<nanoseconds>(result.measure_time.time_since_epoch());
  io("measure_time", time);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(result)>>) {
    result.measure_time = system_clock::time_point(duration_cast<system_clock::duration>(time));
  }
}

static void fields(auto& io, Is<JournalEntry> auto& entry) {
  io("scenario", entry.scenario);
  io("at", entry.at);
  io("fault", entry.fault);
  io("repetition", entry.repetition);
}

/// Throws SetupError, which names it as `what`, for what is no T.
template <typename T>
void read_line(std::string_view text, std::string_view what, T& value) {
  try {
    FieldReader::read(FieldReader::Json::parse(text), ResultPlace{}, value);
  } catch (const Mistake& mistake) {
    throw SetupError(fmt::format("{} cannot be read: {} {}", what, mistake.path, mistake.what));
  } catch (const std::exception& error) {
    throw SetupError(fmt::format("{} cannot be read: {}", what, error.what()));
  }
}

/// Names come from the user's files, and bytes that are not UTF-8 must not stop it.
template <typename T>
[[nodiscard]] std::string write_line(const T& value) {
  using Json = FieldWriter::Json;
  return FieldWriter::write(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace busmark
