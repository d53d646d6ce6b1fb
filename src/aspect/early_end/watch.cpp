// SPDX-License-Identifier: Apache-2.0
#include "aspect/early_end/watch.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/load_curve.hpp"
#include "engine/repetition_plan.hpp"
#include "record/message_flow.hpp"

namespace busmark {
namespace {

/// Most samples that the window of an open loop can have.
std::uint64_t most_samples(const Scenario& scenario) {
  const double mean = intended_rate(scenario) * in_seconds(scenario.duration);
  // Six standard deviations cover what a Poisson process sends beyond its mean.
  const double spread = scenario.arrivals == Arrivals::poisson ? 6 * std::sqrt(mean) : 0;
  const auto messages = static_cast<std::uint64_t>(std::ceil(mean + spread)) + scenario.producers;
  return messages * MessageFlow(scenario).copies();
}

/// Of so many samples, how many may lie beyond the limit while the percentile, or its interval of
/// 95 % from order statistics, still reaches below it. More leave it to neither.
std::uint64_t most_beyond(std::uint64_t samples, Percentile percentile, std::uint32_t copies) {
  const auto n = static_cast<double>(samples);
  const double p = percentile.parts_per_million / 1e6;
  const double half_width = 1.96 * std::sqrt(n * copies * p * (1 - p));
  const double low_rank = std::max(1.0, std::floor(n * p - half_width));
  return samples - static_cast<std::uint64_t>(low_rank);
}

/// Whether all values of a bucket miss the limit.
bool misses(double lowest, const Budget& budget) noexcept {
  return budget.comparison == Comparison::less ? lowest >= budget.limit : lowest > budget.limit;
}

bool is_watched(const Budget& budget, const Scenario& scenario) noexcept {
  if (budget.metric == Metric::latency_max) return true;
  return is_latency(budget.metric) && scenario.load.open_loop();
}

class BudgetObserver final : public Observer {
 public:
  explicit BudgetObserver(const Scenario& scenario) : scenario_(scenario), watch_(scenario) {}

  /// A soak has as many as its table has rows.
  [[nodiscard]] Nanoseconds longest_interval() const override {
    return scenario_.soak ? Nanoseconds::max() : longest_between_looks(scenario_);
  }
  void interval_closed(const IntervalResult& interval, Running& run) override {
    if (missed_ || interval.last) return;
    missed_ = watch_.add(interval);
    if (missed_) run.call_off();
  }
  /// It may have come too late to end anything.
  void finished(const RawRepetition& /*raw*/, RepetitionResult& result) override {
    if (result.ended_early) result.missed = missed_;
  }

 private:
  const Scenario& scenario_;
  BudgetWatch watch_;
  std::optional<MissedBudget> missed_;
};

}  // namespace

std::unique_ptr<Observer> observe_budgets(const RepetitionPlan& plan) {
  if (!plan.abort_on_fail) return nullptr;
  return std::make_unique<BudgetObserver>(plan.scenario);
}

BudgetWatch::BudgetWatch(const Scenario& scenario) {
  if (scenario.load.open_loop()) planned_ = most_samples(scenario);
  for (const Budget& budget : scenario.budget) {
    if (!is_watched(budget, scenario)) continue;
    Line line{.budget = budget};
    if (budget.metric == Metric::latency_percentile) {
      line.allowed = most_beyond(planned_, budget.percentile, MessageFlow(scenario).copies());
    }
    lines_.push_back(std::move(line));
  }
}

std::optional<MissedBudget> BudgetWatch::add(const IntervalResult& interval) {
  std::optional<MissedBudget> missed;
  for (Line& line : lines_) {
    double highest = 0;
    interval.response.for_each_bucket([&](std::size_t index, std::uint64_t count) {
      const auto lowest = static_cast<double>(interval.response.shape().lowest_value(index));
      line.sum_ns += lowest * static_cast<double>(count);
      if (!misses(lowest, line.budget)) return;
      line.beyond += count;
      highest = lowest;
    });
    if (missed) continue;
    std::string reason;
    const auto shown = [](double ns) { return format_duration(Nanoseconds(std::llround(ns))); };
    if (line.budget.metric == Metric::latency_mean) {
      // The rest may take no time at all.
      const double least = line.sum_ns / static_cast<double>(planned_);
      if (!misses(least, line.budget)) continue;
      reason = fmt::format(
          "what came makes a mean of {}, were the rest of {} messages to take no "
          "time",
          shown(least), planned_);
    } else if (line.beyond <= line.allowed) {
      continue;
    } else if (line.budget.metric == Metric::latency_max) {
      reason = fmt::format("a message took {}", shown(highest));
    } else {
      reason = fmt::format("{} of at most {} messages were beyond the limit, and {} decide it",
                           line.beyond, planned_, line.allowed + 1);
    }
    const bool counts = line.budget.metric != Metric::latency_mean;
    missed = MissedBudget{.budget = line.budget.text,
                          .after = interval.start + interval.length,
                          .beyond = line.beyond,
                          .enough = counts ? line.allowed + 1 : 0,
                          .planned = planned_,
                          .reason = std::move(reason),
                          .for_good = line.budget.metric == Metric::latency_max};
  }
  return missed;
}

Nanoseconds longest_between_looks(const Scenario& scenario) {
  constexpr int kLooks = 20;
  constexpr Nanoseconds kShortestLook = std::chrono::milliseconds(10);
  return std::max(scenario.duration / kLooks, kShortestLook);
}

}  // namespace busmark
