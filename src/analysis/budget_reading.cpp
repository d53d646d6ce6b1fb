// SPDX-License-Identifier: Apache-2.0
#include "budget_reading.hpp"

#include <fmt/format.h>

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

}  // namespace

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
