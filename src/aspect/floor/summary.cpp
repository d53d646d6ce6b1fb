// SPDX-License-Identifier: Apache-2.0
#include "aspect/floor/summary.hpp"

#include <algorithm>
#include <cmath>

#include "machine/probe/spin_probe.hpp"
#include "record/summary.hpp"

namespace busmark {
namespace {

/// A sum over gaps, per time watched, with the variance that it has by chance.
struct GapSum {
  double value = 0;
  double variance = 0;

  GapSum operator+(const GapSum& other) const {
    return {value + other.value, variance + other.variance};
  }
  /// Lower end of its 95 % interval: the 2.5 % quantile of a gamma distribution of this mean and
  /// variance, after Wilson and Hilferty 1931.
  [[nodiscard]] double low() const {
    if (value <= 0 || variance <= 0) return value;
    const double ninth = variance / (value * value) / 9;
    return value * std::pow(std::max(0.0, 1 - ninth - 1.96 * std::sqrt(ninth)), 3);
  }
};

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

  /// Sum of what each gap weighs, by its length in nanoseconds, per nanosecond watched.
  template <typename Weight>
  [[nodiscard]] GapSum sum(Weight weight) const {
    if (watched_.count() <= 0) return {};
    double total = 0;
    double of_gaps = 0;
    double of_probes = 0;
    for (const SpinProbe* probe : probes_) {
      double one = 0;
      for (const Nanoseconds gap : probe->gaps) {
        const double weighs = weight(static_cast<double>(gap.count()));
        one += weighs;
        of_gaps += weighs * weighs;
      }
      total += one;
      of_probes += one * one;
    }
    const auto count = static_cast<double>(probes_.size());
    of_probes = count > 1 ? (of_probes - total * total / count) * count / (count - 1) : 0;
    const auto watched = static_cast<double>(watched_.count());
    return {total / watched, std::max(of_gaps, of_probes) / (watched * watched)};
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

/// Producers and consumers of a scenario.
struct Cores {
  RoleFloor producers;
  RoleFloor consumers;

  template <typename Weight>
  [[nodiscard]] GapSum sum(Weight weight) const {
    return producers.sum(weight) + consumers.sum(weight);
  }
  /// Share of messages that wait longer than `limit` for a core.
  [[nodiscard]] GapSum delayed(double limit_ns) const {
    return sum([=](double gap) { return std::max(0.0, gap - limit_ns); });
  }
  /// What a message that comes at any moment waits on average: within a gap g half of it, and it
  /// meets the gap with chance g / watched.
  [[nodiscard]] GapSum mean_ns() const {
    return sum([](double gap) { return gap * gap / 2; });
  }
  [[nodiscard]] GapSum longer(double limit_ns) const {
    return sum([=](double gap) { return gap > limit_ns ? 1.0 : 0.0; });
  }
};

/// The shortest wait, to the nanosecond, that at most `share` of the messages exceed.
template <typename Delayed>
Nanoseconds wait_at(Delayed delayed, double share, Nanoseconds longest) {
  Nanoseconds low{-1};
  Nanoseconds high = longest;  // no message waits longer
  while (high - low > Nanoseconds(1)) {
    const Nanoseconds middle = low + (high - low) / 2;
    (delayed(static_cast<double>(middle.count())) > share ? low : high) = middle;
  }
  return high;
}

Nanoseconds rounded(double nanoseconds) { return Nanoseconds(std::llround(nanoseconds)); }

std::vector<double> latency_limits(const Scenario& scenario) {
  std::vector<double> limits;
  const auto add = [&](const std::vector<Budget>& budgets) {
    for (const Budget& budget : budgets) {
      if (is_latency(budget.metric)) limits.push_back(budget.limit);
    }
  };
  add(scenario.budget);
  for (const MessageClass& one : scenario.mix) add(one.budget);
  return limits;
}

FloorLimit beside_limit(const Cores& cores, Nanoseconds one_way, Nanoseconds measured,
                        Nanoseconds p50, double limit_ns) {
  const double left = limit_ns - static_cast<double>(one_way.count());
  const double left_by_bus = limit_ns - static_cast<double>(p50.count());
  const GapSum delayed = cores.delayed(std::max(0.0, left));
  return {.limit_ns = limit_ns,
          .delayed = delayed.value,
          .delayed_low = delayed.low(),
          .accounted = cores.delayed(std::max(0.0, left_by_bus)).value,
          .longer_low = cores.longer(left).low() * static_cast<double>(measured.count())};
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

std::optional<FloorSummary> summarise_floor(const ScenarioResult& result,
                                            const std::vector<std::uint32_t>& used,
                                            const LatencySummary& response) {
  const Scenario& scenario = result.scenario;
  if (result.placement.cpus.size() < scenario.threads()) return std::nullopt;
  const Cores cores{
      .producers = RoleFloor(result, used, 0, scenario.producers),
      .consumers = RoleFloor(result, used, scenario.producers,
                             result.operation ? 0 : scenario.threads() - scenario.producers)};
  FloorSummary floor;
  // An operation stays on its producer's core.
  floor.watched = result.operation ? cores.producers.watched()
                                   : std::min(cores.producers.watched(), cores.consumers.watched());
  if (floor.watched.count() <= 0) return std::nullopt;
  const Nanoseconds longest = std::max(cores.producers.longest(), cores.consumers.longest());
  if (!result.operation) floor.one_way = median_one_way(result, used);
  const GapSum mean = cores.mean_ns();
  floor.mean = floor.one_way + rounded(mean.value);
  floor.mean_low = floor.one_way + rounded(mean.low());
  floor.max = floor.one_way + longest;
  for (const PercentileEstimate& estimate : response.percentiles) {
    const double share = 1 - estimate.percentile.parts_per_million / 1e6;
    const auto value = [&](double wait) { return cores.delayed(wait).value; };
    const auto low = [&](double wait) { return cores.delayed(wait).low(); };
    FloorPercentile one{.percentile = format_percentile(estimate.percentile),
                        .value = floor.one_way + wait_at(value, share, longest),
                        .low = floor.one_way + wait_at(low, share, longest)};
    one.machine = estimate.supported && estimate.interval.low <= one.value;
    floor.percentiles.push_back(std::move(one));
  }
  Nanoseconds measured{};
  for (const std::uint32_t i : used) measured += result.repetitions[i].elapsed;
  const PercentileEstimate* middle = response.find({500'000});
  const Nanoseconds p50 = middle == nullptr ? Nanoseconds{} : middle->value;
  for (const double limit : latency_limits(scenario)) {
    floor.limits.push_back(beside_limit(cores, floor.one_way, measured, p50, limit));
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
