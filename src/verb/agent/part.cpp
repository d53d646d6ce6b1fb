// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/part.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"
#include "busmark/histogram/codec.hpp"

#include "record/fields/run.hpp"
#include "record/run_result.hpp"
#include "record/store/field_reader.hpp"
#include "record/store/field_writer.hpp"

namespace busmark {

// The other side is a busmark of the same version, so there is no schema. Found by reader and
// writer through the argument's namespace.

/// The histogram whose V2 encoding, exact extremes and overflow are given.
static Histogram restore_histogram(const DecodedHistogram& decoded, std::uint64_t min,
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

static FieldWriter::Json json_of(const Histogram& histogram) {
  const DecodedHistogram decoded(histogram);
  if (decoded.total() == 0) return nullptr;
  return {encode_histogram(decoded), histogram.min(), histogram.max(), histogram.overflow()};
}

static void read_json(const FieldReader::Json& json, const Place& place, Histogram& histogram) {
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
}

static void fields(auto& io, Is<SectionResult> auto& section) {
  io("start", section.start);
  io("length", section.length);
  io("response", section.response);
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
  using namespace std::chrono;
  auto time = duration_cast<nanoseconds>(result.measure_time.time_since_epoch());
  io("measure_time", time);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(result)>>) {
    result.measure_time = system_clock::time_point(duration_cast<system_clock::duration>(time));
  }
}

namespace {

template <typename T>
void read_answer(std::string_view text, T& value) {
  try {
    FieldReader::read(FieldReader::Json::parse(text), Place{}, value);
  } catch (const Mistake& mistake) {
    throw SetupError(
        fmt::format("an agent's answer cannot be read: {} {}", mistake.path, mistake.what));
  } catch (const std::exception& error) {
    throw SetupError(fmt::format("an agent's answer cannot be read: {}", error.what()));
  }
}

}  // namespace

std::string write_agent_head(const RunResult& result) { return FieldWriter::write(result).dump(); }
void read_agent_head(std::string_view text, RunResult& result) { read_answer(text, result); }

std::string write_part(const RepetitionResult& result) { return FieldWriter::write(result).dump(); }

RepetitionResult read_part(std::string_view text) {
  RepetitionResult result;
  read_answer(text, result);
  return result;
}

}  // namespace busmark
