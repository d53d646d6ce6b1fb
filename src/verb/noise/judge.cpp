// SPDX-License-Identifier: Apache-2.0
#include "verb/noise/judge.hpp"

#include <algorithm>
#include <utility>

#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

double ratio(double part, double whole) noexcept { return whole > 0 ? part / whole : 0; }

std::vector<NoisePercentile> percentiles(const Histogram& histogram) {
  std::vector<NoisePercentile> found;
  const std::uint64_t total = histogram.total();
  for (const Percentile percentile : kNoisePercentiles) {
    const std::uint64_t value = std::min(histogram.value_at(percentile), histogram.max());
    found.push_back({.percentile = percentile,
                     .value = as_nanoseconds(value),
                     .supported = total >= samples_needed(percentile)});
  }
  return found;
}

std::vector<NoisePercentile> waits(const CoreNoise& core) {
  // As many as samples_needed asks for beyond a percentile: ln 0.025 is -3.7.
  constexpr std::uint64_t kFewest = 4;
  std::vector<NoisePercentile> found;
  for (const Percentile percentile : kNoisePercentiles) {
    std::uint64_t carried_by = 0;
    const Nanoseconds value =
        wait_at_random_moment(core.gaps.all(), core.run.observed, percentile, carried_by);
    const bool watched = core.run.observed.count() > 0;
    found.push_back({.percentile = percentile,
                     .value = value,
                     .supported = watched && (value.count() == 0 || carried_by >= kFewest)});
  }
  return found;
}

/// Gaps of at least `size`, to a bucket: its values share three significant digits.
std::uint64_t at_least(const Histogram& gaps, Nanoseconds size) {
  std::uint64_t count = 0;
  gaps.for_each_bucket([&](std::size_t index, std::uint64_t in_bucket) {
    if (as_nanoseconds(Histogram::shape().lowest_value(index)) >= size) count += in_bucket;
  });
  return count;
}

/// What the kernel counted is of a longer time than the window: rates compare, counts do not.
double interrupts_per_second(const CoreNoise& core, InterruptKind kind) {
  std::uint64_t count = 0;
  for (const InterruptCount& interrupt : core.interrupts) {
    if (interrupt.kind == kind) count += interrupt.count;
  }
  return ratio(static_cast<double>(count), in_seconds(core.counted));
}

double interrupts_per_second(const CoreNoise& core) {
  std::uint64_t count = 0;
  for (const InterruptCount& interrupt : core.interrupts) count += interrupt.count;
  return ratio(static_cast<double>(count), in_seconds(core.counted));
}

double in_place_per_second(const CoreNoise& core) {
  const std::uint64_t count = core.gaps.all().total() - core.gaps.switched().total();
  return ratio(static_cast<double>(count), in_seconds(core.run.observed));
}

/// By time where the kernel gives a time, else by the most frequent interrupt.
NoiseCause main_cause(const CoreNoise& core) {
  const GapSlot& lost = core.gaps.lost();
  if (lost.lost().count() == 0) return NoiseCause::none;
  if (lost.switched > lost.in_place) return NoiseCause::switches;
  const double stolen_share =
      ratio(in_seconds(core.stolen.value_or(Nanoseconds{})), in_seconds(core.counted));
  const double in_place_share = ratio(in_seconds(lost.in_place), in_seconds(core.run.observed));
  if (stolen_share > in_place_share / 2) return NoiseCause::steal;
  const double unexplained = in_place_per_second(core) - interrupts_per_second(core);
  const std::array<std::pair<NoiseCause, double>, 4> candidates{
      {{NoiseCause::tick, interrupts_per_second(core, InterruptKind::tick)},
       {NoiseCause::device, interrupts_per_second(core, InterruptKind::device)},
       {NoiseCause::cross_call, interrupts_per_second(core, InterruptKind::cross_call)},
       {NoiseCause::unknown, unexplained}}};
  const auto most =
      std::max_element(candidates.begin(), candidates.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->second <= 0 ? NoiseCause::unknown : most->first;
}

/// Slots that lost a fifth and more, neighbours joined; the three that lost most.
std::vector<NoiseEpisode> episodes(const GapLog& gaps) {
  constexpr double kMuch = 0.2;
  constexpr std::size_t kMost = 3;
  struct Stretch {
    std::size_t begin = 0;
    std::size_t end = 0;
    GapSlot lost;
  };
  std::vector<Stretch> stretches;
  const double length = in_seconds(gaps.slot_length());
  for (std::size_t i = 0; i < gaps.slots().size(); ++i) {
    const GapSlot& slot = gaps.slots()[i];
    if (in_seconds(slot.lost()) < kMuch * length) continue;
    if (stretches.empty() || stretches.back().end != i) stretches.push_back({i, i, {}});
    Stretch& stretch = stretches.back();
    stretch.end = i + 1;
    stretch.lost.in_place += slot.in_place;
    stretch.lost.switched += slot.switched;
  }
  const auto worse = [](const Stretch& a, const Stretch& b) {
    return a.lost.lost() > b.lost.lost();
  };
  std::stable_sort(stretches.begin(), stretches.end(), worse);
  stretches.resize(std::min(stretches.size(), kMost));
  std::sort(stretches.begin(), stretches.end(),
            [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  std::vector<NoiseEpisode> found;
  for (const Stretch& stretch : stretches) {
    const auto slots = static_cast<std::int64_t>(stretch.end - stretch.begin);
    const Nanoseconds long_for = gaps.slot_length() * slots;
    const double share = ratio(in_seconds(stretch.lost.lost()), in_seconds(long_for));
    found.push_back({.start = gaps.slot_length() * static_cast<std::int64_t>(stretch.begin),
                     .length = long_for,
                     .lost_share = std::min(1.0, share),
                     .switched = stretch.lost.switched > stretch.lost.in_place});
  }
  return found;
}

CoreNoiseSummary summarise(const CoreNoise& core) {
  CoreNoiseSummary summary;
  const Histogram& all = core.gaps.all();
  const double watched = in_seconds(core.run.observed);
  const std::uint64_t switched = core.gaps.switched().total();
  summary.cpu = core.cpu;
  summary.gaps = all.total();
  summary.longest = as_nanoseconds(all.max());
  summary.gap = percentiles(all);
  summary.wait = waits(core);
  summary.lateness = percentiles(core.lateness);
  summary.latest = as_nanoseconds(core.lateness.max());
  for (std::size_t i = 0; i < kGapSizes.size(); ++i) {
    summary.per_second[i] = ratio(static_cast<double>(at_least(all, kGapSizes[i])), watched);
  }
  summary.lost_share = ratio(in_seconds(core.gaps.lost().lost()), watched);
  summary.switched_share = ratio(in_seconds(core.gaps.lost().switched), watched);
  summary.in_place_share = ratio(in_seconds(core.gaps.lost().in_place), watched);
  summary.switched_per_second = ratio(static_cast<double>(switched), watched);
  summary.in_place_per_second = in_place_per_second(core);
  summary.explained =
      std::min(1.0, ratio(interrupts_per_second(core), summary.in_place_per_second));
  summary.cause = main_cause(core);
  summary.episodes = episodes(core.gaps);
  return summary;
}

}  // namespace

std::string_view to_string(NoiseCause cause) noexcept {
  switch (cause) {
    case NoiseCause::none: return "none";
    case NoiseCause::switches: return "switches";
    case NoiseCause::steal: return "steal";
    case NoiseCause::tick: return "tick";
    case NoiseCause::device: return "device";
    case NoiseCause::cross_call: return "calls";
    case NoiseCause::unknown: return "unknown";
  }
  return "unknown";
}

Nanoseconds wait_at_random_moment(const Histogram& gaps, Nanoseconds observed, Percentile p,
                                  std::uint64_t& carried_by) noexcept {
  // The time in which one would wait longer than w is the sum of (length - w) over the gaps longer
  // than w. It grows as w falls from the longest gap, down to the w where it is the share wanted.
  const double beyond = 1 - p.parts_per_million / 1e6;
  const double wanted = beyond * static_cast<double>(observed.count());
  const auto counts = gaps.counts();
  double count = 0;
  double sum = 0;
  carried_by = 0;
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (counts[i] == 0) continue;
    const auto length = static_cast<double>(
        std::min(Histogram::shape().median_value(i), std::max<std::uint64_t>(gaps.max(), 1)));
    // At w = length, the gaps seen so far leave sum - count * length.
    if (sum - count * length >= wanted) break;
    count += static_cast<double>(counts[i]);
    sum += static_cast<double>(counts[i]) * length;
    carried_by += counts[i];
  }
  if (count <= 0 || sum <= wanted) {
    carried_by = 0;
    return Nanoseconds(0);
  }
  return Nanoseconds(static_cast<std::int64_t>((sum - wanted) / count));
}

NoiseSummary summarise(const NoiseResult& result) {
  NoiseSummary summary;
  summary.result = &result;
  for (const CoreNoise& core : result.cores) summary.cores.push_back(summarise(core));
  return summary;
}

}  // namespace busmark
