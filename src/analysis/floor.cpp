// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/floor.hpp"

#include <algorithm>
#include <cmath>

#include "busmark/analysis/summary.hpp"

namespace busmark {
namespace {

/// The probes of all cores of one role.
class RoleFloor {
 public:
  RoleFloor(const ScenarioResult& result, const std::vector<std::uint32_t>& used,
            std::size_t first_cpu, std::size_t cpus) {
    const auto begin = result.placement.cpus.begin() + static_cast<std::ptrdiff_t>(first_cpu);
    const std::vector<CpuId> own(begin, begin + static_cast<std::ptrdiff_t>(cpus));
    for (const std::uint32_t i : used) {
      for (const SpinProbe& probe : result.repetitions[i].floor) {
        if (probe.problem.empty() && std::find(own.begin(), own.end(), probe.cpu) != own.end()) {
          probes_.push_back(&probe);
          watched_ += probe.wall;
        }
      }
    }
  }

  /// Chance that a message waits longer than `limit` for a core of this role.
  [[nodiscard]] double share_delayed(Nanoseconds limit) const {
    double sum = 0;
    for (const SpinProbe* probe : probes_) {
      sum += busmark::share_delayed(*probe, limit) * static_cast<double>(probe->wall.count());
    }
    return watched_.count() > 0 ? sum / static_cast<double>(watched_.count()) : 0;
  }

  [[nodiscard]] double mean_delay_ns() const {
    double sum = 0;
    for (const SpinProbe* probe : probes_) {
      sum += busmark::mean_delay_ns(*probe) * static_cast<double>(probe->wall.count());
    }
    return watched_.count() > 0 ? sum / static_cast<double>(watched_.count()) : 0;
  }

  [[nodiscard]] Nanoseconds longest() const {
    Nanoseconds longest{};
    for (const SpinProbe* probe : probes_) longest = std::max(longest, longest_gap(*probe));
    return longest;
  }

  [[nodiscard]] Nanoseconds watched() const noexcept { return watched_; }

 private:
  std::vector<const SpinProbe*> probes_;
  Nanoseconds watched_{};
};

/// The shortest wait, to the nanosecond, that at most `share` of the messages exceed.
Nanoseconds wait_at(const RoleFloor& producers, const RoleFloor& consumers, double share,
                    Nanoseconds longest) {
  Nanoseconds low{-1};
  Nanoseconds high = longest;  // no message waits longer
  while (high - low > Nanoseconds(1)) {
    const Nanoseconds middle = low + (high - low) / 2;
    const double delayed = producers.share_delayed(middle) + consumers.share_delayed(middle);
    (delayed > share ? low : high) = middle;
  }
  return high;
}

Nanoseconds median_one_way(const ScenarioResult& result, const std::vector<std::uint32_t>& used) {
  std::vector<double> ways;
  for (const std::uint32_t i : used) {
    ways.push_back(result.repetitions[i].before.one_way_ns);
    ways.push_back(result.repetitions[i].after.one_way_ns);
  }
  if (ways.empty()) return {};
  const auto middle = ways.begin() + static_cast<std::ptrdiff_t>(ways.size() / 2);
  std::nth_element(ways.begin(), middle, ways.end());
  return Nanoseconds(std::llround(*middle));
}

}  // namespace

const FloorPercentile* FloorSummary::find(Percentile percentile) const {
  const std::string name = format_percentile(percentile);
  const auto found = std::find_if(percentiles.begin(), percentiles.end(),
                                  [&](const FloorPercentile& p) { return p.percentile == name; });
  return found == percentiles.end() ? nullptr : &*found;
}

std::optional<FloorSummary> summarise_floor(const ScenarioResult& result,
                                            const std::vector<std::uint32_t>& used,
                                            const LatencySummary& response) {
  const Scenario& scenario = result.scenario;
  if (result.placement.cpus.size() < scenario.threads()) return std::nullopt;
  const RoleFloor producers(result, used, 0, scenario.producers);
  const RoleFloor consumers(result, used, scenario.producers,
                            result.operation ? 0 : scenario.threads() - scenario.producers);
  FloorSummary floor;
  // An operation stays on its producer's core.
  floor.watched =
      result.operation ? producers.watched() : std::min(producers.watched(), consumers.watched());
  if (floor.watched.count() <= 0) return std::nullopt;
  const Nanoseconds longest = std::max(producers.longest(), consumers.longest());
  if (!result.operation) floor.one_way = median_one_way(result, used);
  floor.mean = floor.one_way +
               Nanoseconds(std::llround(producers.mean_delay_ns() + consumers.mean_delay_ns()));
  floor.max = floor.one_way + longest;
  for (const PercentileEstimate& estimate : response.percentiles) {
    const double share = 1 - estimate.percentile.parts_per_million / 1e6;
    FloorPercentile one{.percentile = format_percentile(estimate.percentile),
                        .value = floor.one_way + wait_at(producers, consumers, share, longest)};
    one.machine = estimate.supported && estimate.interval.low <= one.value;
    floor.percentiles.push_back(std::move(one));
  }
  return floor;
}

std::optional<FloorDuringSummary> summarise_floor_during(const ScenarioResult& result,
                                                         const std::vector<std::uint32_t>& used) {
  constexpr Percentile kP99{990'000};
  std::optional<FloorDuring> sum;
  for (const std::uint32_t i : used) {
    const std::optional<FloorDuring>& one = result.repetitions[i].floor_during;
    if (!one || one->during.watched.count() <= 0) continue;
    if (!sum) {
      sum = one;
      continue;
    }
    if (sum->cpu != one->cpu) return std::nullopt;
    sum->during += one->during;
    sum->around += one->around;
    sum->longest = std::max(sum->longest, one->longest);
    sum->lengths.merge(one->lengths);
  }
  if (!sum) return std::nullopt;
  const FloorGaps& during = sum->during;
  FloorDuringSummary summary;
  summary.cpu = index(sum->cpu);
  summary.watched = during.watched;
  summary.gaps = during.gaps;
  summary.longest = sum->longest;
  summary.p99 = std::min(as_nanoseconds(sum->lengths.value_at(kP99)), sum->longest);
  summary.lost_share = during.share(during.lost);
  summary.switched_share = during.share(during.switched);
  summary.own_share = during.share(during.own);
  summary.foreign_share = during.share(during.foreign());
  summary.around_share = sum->around.share(sum->around.foreign());
  return summary;
}

}  // namespace busmark
