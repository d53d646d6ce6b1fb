// SPDX-License-Identifier: Apache-2.0
#include "record/summary.hpp"

#include <algorithm>
#include <cmath>

#include "stat/mean_interval.hpp"
#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

std::vector<Percentile> wanted_percentiles(const std::vector<Budget>& budgets) {
  std::vector<Percentile> wanted(kReportedPercentiles.begin(), kReportedPercentiles.end());
  for (const Budget& budget : budgets) {
    if (budget.metric == Metric::latency_percentile &&
        std::find(wanted.begin(), wanted.end(), budget.percentile) == wanted.end()) {
      wanted.push_back(budget.percentile);
    }
  }
  return wanted;
}

/// Repetitions, and sections, that tell how far a percentile varies which is known to be for ever.
constexpr std::size_t kSeveral = 3;
constexpr std::size_t kFewestStretches = 5;

std::size_t count_of_sections(const std::vector<LatencySource>& repetitions) {
  std::size_t count = 0;
  for (const LatencySource& one : repetitions) count += one.sections.size();
  return count;
}

/// Repetitions of which so many never arrived that the percentile is one of them.
std::size_t count_of_never(const std::vector<LatencySource>& repetitions, Percentile percentile) {
  const double allowed = 1 - percentile.parts_per_million / 1e6;
  return static_cast<std::size_t>(
      std::count_if(repetitions.begin(), repetitions.end(), [=](const LatencySource& one) {
        const auto missing = static_cast<double>(one.missing);
        return missing > allowed * (static_cast<double>(one.all->total()) + missing);
      }));
}

/// Samples that leave an interval without an upper end do not carry their percentile, unless they
/// are worth as many independent ones as it takes.
PercentileEstimate estimate(const PercentileIntervals& intervals,
                            const std::vector<LatencySource>& repetitions, Percentile percentile,
                            std::uint64_t due, Nanoseconds max) {
  PercentileInterval one = intervals.of(percentile);
  const bool enough = due >= samples_needed(percentile);
  bool bounded = one.known && one.high != kNever;
  if (one.value == kNever) {
    // When the missing were due is not known, so the sections tell no variance of them.
    const std::size_t never = count_of_never(repetitions, percentile);
    one.effective_count = static_cast<double>(due);
    one.high = kNever;
    if (never == repetitions.size()) one.low = kNever;
    one.known = never >= kSeveral || count_of_sections(repetitions) >= kFewestStretches;
    bounded = true;
  }
  // A bucket's highest value may lie above the exact maximum; a percentile may not.
  const auto exact = [max](Nanoseconds end) { return end == kNever ? end : std::min(end, max); };
  return {.percentile = percentile,
          .value = exact(one.value),
          .interval = {.low = exact(one.low), .high = exact(one.high)},
          .supported = enough && (bounded || carries(one) || !one.known),
          .known = one.known,
          .effective_count = static_cast<std::uint64_t>(std::llround(one.effective_count))};
}

/// Those in a bucket that reaches the limit count as beyond, as a percentile is a bucket's end.
ShareBeyond share_beyond(const Histogram& merged, std::uint64_t missing, double limit_ns) {
  std::uint64_t beyond = missing;
  merged.for_each_bucket([&](std::size_t index, std::uint64_t count) {
    if (static_cast<double>(Histogram::shape().highest_value(index)) >= limit_ns) beyond += count;
  });
  const std::uint64_t due = merged.total() + missing;
  return {.limit_ns = limit_ns,
          .share = due == 0 ? 0 : static_cast<double>(beyond) / static_cast<double>(due)};
}

std::vector<BatchMean> batches_of(const LatencySource& source) {
  std::vector<BatchMean> batches;
  for (const DecodedHistogram* section : source.sections) {
    batches.push_back({.count = static_cast<double>(section->total()), .mean = section->mean()});
  }
  if (batches.empty()) {
    batches.push_back(
        {.count = static_cast<double>(source.all->total()), .mean = source.all->mean()});
  }
  return batches;
}

}  // namespace

double StageSummary::missed_share() const noexcept {
  const std::uint64_t planned = published + unsent;
  if (planned == 0) return 0;
  return std::min(1.0, static_cast<double>(missed()) / static_cast<double>(planned));
}

const FloorPercentile* FloorSummary::find(Percentile percentile) const {
  const std::string name = format_percentile(percentile);
  const auto found = std::find_if(percentiles.begin(), percentiles.end(),
                                  [&](const FloorPercentile& p) { return p.percentile == name; });
  return found == percentiles.end() ? nullptr : &*found;
}

const FloorLimit* FloorSummary::find_limit(double limit_ns) const {
  const auto found = std::find_if(limits.begin(), limits.end(),
                                  [=](const FloorLimit& one) { return one.limit_ns == limit_ns; });
  return found == limits.end() ? nullptr : &*found;
}

bool UsersSummary::consistent() const noexcept {
  constexpr double kTolerance = 0.05;
  constexpr std::uint64_t kFewestTurns = 10;
  if (turns < kFewestTurns * users) return false;
  return std::abs(found_by_littles_law - users) <= kTolerance * users;
}

std::uint64_t missing_of(const RepetitionResult& repetition, std::uint32_t copies) noexcept {
  const MessageCounts& counts = repetition.counts;
  return counts.refused + counts.dropped + counts.lost + repetition.pacing.unsent * copies;
}

LatencySource response_of(const RepetitionResult& repetition, std::uint32_t copies) {
  LatencySource source{.all = &repetition.response, .missing = missing_of(repetition, copies)};
  for (const SectionResult& one : repetition.sections) source.sections.push_back(&one.response);
  return source;
}

const PercentileEstimate* LatencySummary::find(Percentile percentile) const noexcept {
  for (const PercentileEstimate& estimate : percentiles) {
    if (estimate.percentile == percentile) return &estimate;
  }
  return nullptr;
}

const ShareBeyond* LatencySummary::find_beyond(double limit_ns) const noexcept {
  for (const ShareBeyond& one : beyond) {
    if (one.limit_ns == limit_ns) return &one;
  }
  return nullptr;
}

void LatencySummary::withhold() noexcept {
  for (PercentileEstimate& estimate : percentiles) estimate.supported = false;
}

LatencySummary summarise_latency(const std::vector<LatencySource>& repetitions,
                                 const std::vector<Budget>& budgets, std::uint32_t copies) {
  Histogram merged;
  LatencySummary summary;
  std::vector<RepetitionLatency> latencies;
  std::vector<std::vector<BatchMean>> batches;
  for (const LatencySource& source : repetitions) {
    merged.merge(*source.all);
    summary.missing += source.missing;
    latencies.push_back({.whole = DecodedHistogram(*source.all),
                         .sections = source.sections,
                         .missing = source.missing});
    batches.push_back(batches_of(source));
  }
  summary.count = merged.total();
  summary.overflow = merged.overflow();
  summary.min = as_nanoseconds(merged.min());
  summary.max = as_nanoseconds(merged.max());
  // Of the buckets, and so off by up to half of one, which may lie outside.
  summary.mean_ns = std::clamp(merged.mean(), static_cast<double>(merged.min()),
                               static_cast<double>(merged.max()));
  summary.mean_interval_ns = mean_interval(batches);
  summary.stddev_ns = merged.stddev();
  const PercentileIntervals intervals(std::move(latencies), copies);
  const std::uint64_t due = (summary.count + summary.missing) / copies;
  for (const Percentile percentile : wanted_percentiles(budgets)) {
    summary.percentiles.push_back(estimate(intervals, repetitions, percentile, due, summary.max));
  }
  for (const Budget& budget : budgets) {
    if (budget.metric != Metric::latency_percentile) continue;
    summary.beyond.push_back(share_beyond(merged, summary.missing, budget.limit));
  }
  return summary;
}

}  // namespace busmark
