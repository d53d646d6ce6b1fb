// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/reading.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "stat/percentile_interval.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

BudgetReading no_reading(std::string why) {
  BudgetReading reading;
  reading.unknown = std::move(why);
  return reading;
}

BudgetReading read_memory(const std::optional<std::uint64_t>& bytes, std::string_view file) {
  if (bytes) return {.value = static_cast<double>(*bytes)};
  return no_reading(
      fmt::format("the memory of the process is not known: the kernel does not give {}", file));
}

BudgetReading read_growth(const std::optional<std::uint64_t>& least,
                          const std::optional<std::uint64_t>& most) {
  BudgetReading reading = read_memory(least, "/proc/self/smaps_rollup");
  if (least && most && *most > *least) {
    reading.interval = {.low = static_cast<double>(*least), .high = static_cast<double>(*most)};
  }
  return reading;
}

BudgetReading read_slope(const std::optional<SlopeEstimate>& slope) {
  if (!slope) return no_reading("the samples of memory are too few for a slope");
  BudgetReading reading{.value = slope->slope};
  if (!slope->bounded()) {
    reading.unknown =
        fmt::format("{} samples of memory after the start-up bound no slope", slope->points);
  } else {
    reading.interval = {.low = *slope->low, .high = *slope->high};
  }
  return reading;
}

BudgetReading read_cpu(const std::optional<CpuOverhead>& cpu, MedianEstimate CpuOverhead::*figure) {
  if (!cpu) {
    return no_reading(
        "the processor time of a message is not known: no message came, or a server that is not "
        "ours does not tell its own");
  }
  if (cpu->repetitions < kFewestForMedian) {
    return no_reading(fmt::format(
        "an interval needs {} repetitions that count and there {} {}; raise run.repetitions",
        kFewestForMedian, cpu->repetitions == 1 ? "is" : "are", cpu->repetitions));
  }
  const MedianEstimate& estimate = (*cpu).*figure;
  return {.value = estimate.value, .interval = {{estimate.low, estimate.high}}, .unknown = {}};
}

constexpr double kForEver = std::numeric_limits<double>::infinity();

double number(std::uint64_t count) noexcept { return static_cast<double>(count); }
double number(Nanoseconds duration) noexcept {
  return duration == kNever ? kForEver : static_cast<double>(duration.count());
}

/// Of what was published. Exact at the ends: all is 1 and none is 0.
double share_of(std::uint64_t count, const MessageCounts& counts) noexcept {
  return counts.published == 0 ? 0 : number(count) / number(counts.published);
}

/// `4 repetitions`.
std::string repetitions_text(const ScenarioSummary& summary) {
  const std::size_t count = summary.used.size();
  return fmt::format("{} repetition{}", count, count == 1 ? "" : "s");
}

/// Why a figure has no interval. `longer`: what one repetition would take.
std::string not_known(const ScenarioSummary& summary, std::string_view longer) {
  return fmt::format("how far it varies is not known from {}; {} or three repetitions tell it",
                     repetitions_text(summary), longer);
}

BudgetReading read_percentile(const Budget& budget, const ScenarioSummary& summary) {
  const PercentileEstimate* estimate = summary.response.find(budget.percentile);
  if (estimate == nullptr) return {};
  const std::string name = format_percentile(budget.percentile);
  const std::uint64_t samples = summary.response.count / summary.copies;
  if (!estimate->supported) {
    const std::uint64_t worth = estimate->effective_count.value_or(samples);
    return no_reading(fmt::format(
        "{} needs {} independent samples and there {} {}{}; a longer duration or more "
        "repetitions give them",
        name, samples_needed(budget.percentile), worth == 1 ? "is" : "are", worth,
        worth < samples
            ? fmt::format(", as much as the {} of {} are worth", samples, repetitions_text(summary))
            : ""));
  }
  BudgetReading reading{.value = number(estimate->value)};
  if (estimate->known) {
    reading.interval = {number(estimate->interval.low), number(estimate->interval.high)};
  } else {
    reading.unbounded = not_known(summary, "a longer duration, of five sections or more,");
  }
  return reading;
}

BudgetReading read_mean(const ScenarioSummary& summary) {
  const LatencySummary& response = summary.response;
  if (response.missing > 0) return {.value = kForEver, .interval = {{kForEver, kForEver}}};
  BudgetReading reading{.value = response.mean_ns};
  if (const auto& interval = response.mean_interval_ns) {
    reading.interval = {interval->low, interval->high};
  } else {
    reading.unbounded = not_known(summary, "a longer duration");
  }
  return reading;
}

BudgetReading read_rate(const ScenarioSummary& summary) {
  const double due = summary.intended_rate * in_seconds(summary.window);
  if (summary.intended_rate > 0 && summary.window.count() > 0 && due < kFewestForRate) {
    return no_reading(
        fmt::format("{:.3g} messages are due in a window of {}, and fewer than {} make no rate; a "
                    "longer duration has them",
                    due, format_duration(summary.window), kFewestForRate));
  }
  BudgetReading reading{.value = summary.achieved_rate};
  if (const auto& interval = summary.achieved_interval) {
    reading.interval = {interval->low, interval->high};
  }
  return reading;
}

}  // namespace

BudgetReading read_budget(const Budget& budget, const ScenarioSummary& summary) {
  const MessageCounts& counts = summary.all_counts;
  switch (budget.metric) {
    case Metric::latency_percentile: return read_percentile(budget, summary);
    case Metric::latency_mean: return read_mean(summary);
    // Of these messages, not of those that might have been: it has no interval.
    case Metric::latency_max:
      return {.value = summary.response.missing > 0 ? kForEver : number(summary.response.max)};
    case Metric::rate: return read_rate(summary);
    case Metric::lost: return {.value = number(counts.lost)};
    case Metric::dropped: return {.value = number(counts.dropped)};
    case Metric::refused: return {.value = number(counts.refused)};
    case Metric::duplicated: return {.value = number(counts.duplicated)};
    case Metric::reordered: return {.value = number(counts.reordered)};
    case Metric::corrupt: return {.value = number(counts.corrupt)};
    case Metric::delivery: return {.value = share_of(counts.received, counts)};
    case Metric::errors:
      return {.value = share_of(counts.lost + counts.dropped + counts.refused + counts.duplicated +
                                    counts.corrupt,
                                counts)};
    case Metric::availability: return {.value = summary.availability};
    case Metric::rss:
    case Metric::memory_growth:
    case Metric::memory_slope:
    case Metric::cpu_overhead:
    case Metric::cpu_overhead_time: return read_process(budget, summary);
  }
  return {};
}

BudgetReading read_process(const Budget& budget, const ScenarioSummary& summary) {
  switch (budget.metric) {
    case Metric::rss: return read_memory(summary.rss, "/proc/self/clear_refs");
    case Metric::memory_growth:
      return read_growth(summary.memory_growth, summary.memory_growth_most);
    case Metric::memory_slope: return read_slope(summary.memory_per_hour);
    case Metric::cpu_overhead: return read_cpu(summary.cpu, &CpuOverhead::share);
    case Metric::cpu_overhead_time: return read_cpu(summary.cpu, &CpuOverhead::added_ns);
    default: return {};
  }
}

}  // namespace busmark
