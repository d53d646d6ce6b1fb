// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "aspect/process/reading.hpp"
#include "judge/verdict.hpp"

namespace busmark {
namespace {

constexpr double kSlack = 0.10;  // below this share of the limit a pass is a warning

bool holds(double value, Comparison comparison, double limit) noexcept {
  switch (comparison) {
    case Comparison::less: return value < limit;
    case Comparison::less_equal: return value <= limit;
    case Comparison::greater: return value > limit;
    case Comparison::greater_equal: return value >= limit;
    case Comparison::equal: return value == limit;
  }
  return false;
}

bool wants_more(Comparison comparison) noexcept {
  return comparison == Comparison::greater || comparison == Comparison::greater_equal;
}

/// An open loop that keeps its schedule meets any rate up to the intended one, though the achieved
/// figure may lie a hair below it.
bool kept_rate(const Budget& budget, const ScenarioSummary& summary) noexcept {
  return budget.metric == Metric::rate && wants_more(budget.comparison) &&
         summary.intended_rate > 0 && budget.limit <= summary.intended_rate &&
         summary.achieved_rate >= summary.intended_rate * (1 - kRateTolerance);
}

/// An open loop cannot exceed the rate it was asked for, nor a share the whole, so there meeting it
/// leaves no slack to want.
bool slack_applies(const Budget& budget, const ScenarioSummary& summary) noexcept {
  if (budget.limit == 0 || budget.comparison == Comparison::equal) return false;
  if (is_share(budget.metric)) return false;
  return budget.metric != Metric::rate || summary.intended_rate == 0;
}

/// Where an interval lies.
enum class Side : std::uint8_t { within, across, beyond };

Side side_of(const BudgetReading& reading, const Budget& budget) noexcept {
  const auto met = [&](double value) { return holds(value, budget.comparison, budget.limit); };
  const BudgetReading::Between ends =
      reading.interval.value_or(BudgetReading::Between{reading.value, reading.value});
  const int holding = int{met(ends.low)} + int{met(ends.high)} + int{met(reading.value)};
  if (holding == 0) return Side::beyond;
  return holding == 3 ? Side::within : Side::across;
}

/// `these cores alone ...`: why a missed budget says nothing about the transport; empty when the
/// transport misses it by itself, or when what was seen of the machine may be chance.
std::optional<std::string> machine_alone_misses(const Budget& budget,
                                                const ScenarioSummary& summary, double value) {
  if (!summary.floor || !is_latency(budget.metric)) return std::nullopt;
  const FloorSummary& floor = *summary.floor;
  const FloorLimit* const limit = floor.find_limit(budget.limit);
  const auto told = [](std::string what) {
    return fmt::format(
        "these cores alone {}, before any transport: the machine misses the budget, not the bus; "
        "busmark doctor says what to change",
        what);
  };
  switch (budget.metric) {
    case Metric::latency_percentile: {
      const ShareBeyond* const beyond = summary.response.find_beyond(budget.limit);
      const double allowed = 1 - budget.percentile.parts_per_million / 1e6;
      if (limit == nullptr || beyond == nullptr || limit->delayed_low <= allowed) break;
      // What the machine does not account for, the bus did.
      if (beyond->share - limit->accounted > allowed) break;
      return told(
          fmt::format("delay {:.2g} % of the messages ({:.2g} % at least) beyond {}, where "
                      "{:.3g} % may be",
                      limit->delayed * 100, limit->delayed_low * 100,
                      format_value(budget.metric, budget.limit), allowed * 100));
    }
    case Metric::latency_mean: {
      const auto low = static_cast<double>(floor.mean_low.value_or(Nanoseconds{}).count());
      if (holds(low, budget.comparison, budget.limit)) break;
      // Means add up, so one may be taken off the other.
      const double rest = value - static_cast<double>(floor.mean.count());
      if (!holds(rest, budget.comparison, budget.limit)) break;
      return told(fmt::format("make {} of it ({} at least)", format_duration(floor.mean),
                              format_value(budget.metric, low)));
    }
    case Metric::latency_max: {
      constexpr double kCertain = 3;  // so many expected events fail to happen in 5 % of windows
      if (limit == nullptr || limit->longer_low < kCertain) break;
      // No message can have waited for the bus longer than what is left of the longest.
      const double rest = value - static_cast<double>(floor.max.count());
      if (!holds(rest, budget.comparison, budget.limit)) break;
      return told(
          fmt::format("are away for longer than {} about {:.0f} times or more in these "
                      "windows, for {} at most",
                      format_value(budget.metric, budget.limit), limit->longer_low,
                      format_duration(floor.max)));
    }
    default: break;
  }
  return std::nullopt;
}

/// What would tell the value from the limit; empty where more of the same would not.
std::string what_decides(const BudgetReading& reading, const Budget& budget,
                         const ScenarioSummary& summary) {
  if (!is_latency(budget.metric) && budget.metric != Metric::rate) return {};
  if (!reading.interval || budget.limit <= 0 || reading.value <= 0) return {};
  const double distance = std::abs(std::log(budget.limit / reading.value));
  const double half = reading.value < budget.limit
                          ? std::log(reading.interval->high / reading.value)
                          : std::log(reading.value / reading.interval->low);
  // An interval narrows with the root of what it rests on.
  const double factor = half / distance;
  const double needed = std::ceil(static_cast<double>(summary.used.size()) * factor * factor);
  constexpr double kMost = 1000;
  if (!std::isfinite(needed) || needed > kMost) {
    return "; a longer duration or more repetitions narrow it";
  }
  return fmt::format("; about {:.0f} repetitions of this length would decide it",
                     std::max(needed, static_cast<double>(summary.used.size() + 1)));
}

std::string undecided_text(const BudgetReading& reading, const Budget& budget,
                           const ScenarioSummary& summary) {
  return fmt::format("the limit lies inside the interval {} .. {}{}",
                     format_value(budget.metric, reading.interval->low),
                     format_value(budget.metric, reading.interval->high),
                     what_decides(reading, budget, summary));
}

std::string missed_text(const BudgetVerdict& verdict, const BudgetReading& reading,
                        const ScenarioSummary& summary) {
  if (std::isinf(reading.value) && is_latency(verdict.budget.metric)) {
    const LatencySummary& response = summary.response;
    const std::uint64_t due = response.count + response.missing;
    return fmt::format(
        "missed: {} of {} messages that were due never arrived ({:.2g} %)",
        response.missing / summary.copies, due / summary.copies,
        due == 0 ? 0 : 100 * static_cast<double>(response.missing) / static_cast<double>(due));
  }
  if (!verdict.margin || *verdict.margin >= 0) return "the limit is missed";
  std::string text = fmt::format("missed by {:.3g} % of the limit", -*verdict.margin * 100);
  if (!reading.interval || reading.interval->low == reading.interval->high) return text;
  return text + fmt::format("; its interval is {} .. {}",
                            format_value(verdict.budget.metric, reading.interval->low),
                            format_value(verdict.budget.metric, reading.interval->high));
}

}  // namespace

BudgetVerdict judge(const Budget& budget, const ScenarioSummary& summary) {
  BudgetVerdict verdict;
  verdict.budget = budget;
  const BudgetReading reading = read_budget(budget, summary);
  if (!reading.unknown.empty()) {
    verdict.verdict = Verdict::inconclusive;
    verdict.reason = reading.unknown;
    return verdict;
  }
  verdict.value = reading.value;
  const bool kept = kept_rate(budget, summary);
  if (budget.limit != 0 && std::isfinite(reading.value)) {
    const double left =
        wants_more(budget.comparison) ? reading.value - budget.limit : budget.limit - reading.value;
    verdict.margin = left / std::abs(budget.limit);
    if (kept) verdict.margin = std::max(*verdict.margin, 0.0);
  }
  const Side side = kept ? Side::within : side_of(reading, budget);
  if (!kept && !reading.unbounded.empty()) {
    verdict.verdict = Verdict::inconclusive;
    verdict.reason = reading.unbounded;
  } else if (side == Side::across) {
    verdict.verdict = Verdict::inconclusive;
    verdict.reason = undecided_text(reading, budget, summary);
  } else if (side == Side::beyond) {
    std::optional<std::string> machine = machine_alone_misses(budget, summary, reading.value);
    verdict.verdict = machine ? Verdict::invalid : Verdict::fail;
    verdict.reason = machine ? std::move(*machine) : missed_text(verdict, reading, summary);
  } else if (slack_applies(budget, summary) && *verdict.margin < kSlack) {
    verdict.verdict = Verdict::warn;
    verdict.reason = fmt::format("met with only {:.2g} % to spare", *verdict.margin * 100);
  }
  return verdict;
}

}  // namespace busmark
