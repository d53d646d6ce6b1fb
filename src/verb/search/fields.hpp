// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "record/fields/field.hpp"
#include "verb/search/hold_curve.hpp"
#include "verb/search/tell.hpp"

namespace busmark {

// busmark.search/1, in the manner of record/fields/field.hpp; only written.

template <>
inline constexpr std::array kAll<TrialVerdict>{TrialVerdict::holds, TrialVerdict::misses,
                                               TrialVerdict::unclear};
template <>
inline constexpr std::array kAll<RateLimit>{RateLimit::none, RateLimit::loss, RateLimit::queue_full,
                                            RateLimit::consumer, RateLimit::producer};
template <>
inline constexpr std::array kAll<RateLabel>{RateLabel::ok, RateLabel::degraded, RateLabel::severe,
                                            RateLabel::broken, RateLabel::unclear};

inline std::string_view to_string(TrialVerdict verdict) noexcept {
  switch (verdict) {
    case TrialVerdict::holds: return "holds";
    case TrialVerdict::misses: return "misses";
    case TrialVerdict::unclear: break;
  }
  return "unclear";
}

void trial_figures(auto& io, const RateTrial& trial) {
  io.known("reason", trial.reason);
  io("limit", trial.limit, {"What keeps the rate from holding."});
  io("missed_share", trial.missed_share,
     {"Of the schedule: lost, refused, dropped, unsent or sent too late."});
  io("p50_ns", trial.p50, {"Response times: a lower bound where the schedule was missed."});
  io("p95_ns", trial.p95);
  io("p99_ns", trial.p99);
  io("lost", trial.lost);
  io("received_rate", trial.received_rate);
  io("backlog", trial.backlog, {"Messages on their way, on average."});
  io("cpu_cores", trial.cpu, {"Cores that producers and consumers used."});
}

void fields(auto& io, Is<RateTrial> auto& trial) {
  io("verdict", trial.verdict);
  io("full", trial.full, {"Of full length."});
  io("goals", trial.goals, {"Of each budget by itself."});
  trial_figures(io, trial);
}

void fields(auto& io, Is<RateStep> auto& step) {
  const RateTrial median = step.median();
  io("verdict", median.verdict);
  trial_figures(io, median);
  io("rate", step.rate, {"Messages per second, intended."});
  io("label", step.label());
  io("trials", step.trials);
}

void fields(auto& io, Is<GoalBounds> auto& bounds) {
  io("lower_bound", bounds.lower, {"Null: not even the lowest rate is sure to hold."});
  io("upper_bound", bounds.upper, {"Null: every rate up to the highest holds."});
  io("conditional_throughput", bounds.throughput, {"Received per second within the lower bound."});
}

void fields(auto& io, Is<SearchedScenario> auto& scenario) {
  const RateSearchResult& result = scenario.result;
  io("name", scenario.name);
  io("transport", scenario.transport);
  io("budget", scenario.budget);
  io("complete", result.complete);
  io("sustainable_rate", result.sustainable, {"Highest rate that holds."});
  io("confirmed", result.confirmed, {"By fresh trials."});
  io("bounds", result.bounds, {"Of all budgets together."});
  io.list("goals", numbers_below(std::min(result.goals.size(), scenario.budget.size())),
          [&](auto& part, std::size_t goal) {
            part("budget", scenario.budget[goal]);
            fields(part, result.goals[goal]);
          });
  io("recommended_rate", result.recommended(), {"With a fifth in reserve."});
  io("first_missed_rate", result.first_miss);
  io("unclear", result.unclear);
  io("limit", result.limit, {"Of first_missed_rate, as reason."});
  io.known("reason", result.reason);
  io("cliff", result.growth ? std::optional(result.cliff) : std::nullopt,
     {"p95 grew tenfold, or the next rate is broken."});
  io("p95_growth", result.growth, {"From sustainable_rate to p95_growth_at."});
  io("p95_growth_at", result.beyond);
  io.object("rules", [&](auto& part) {
    part("lowest", scenario.rules.lowest);
    part("highest", scenario.rules.highest);
    part("precision", scenario.rules.precision);
    part("share_that_holds", HoldCurve::kShare, {.most = 1});
    part("confirming_trials", scenario.rules.fewest_holds);
    part("most_trials", scenario.rules.most_trials);
  });
  io("curve", result.steps, {"Medians of the trials at each rate, ascending."});
}

void fields(auto& io, Is<SearchSession> auto& session) {
  io("config", session.config);
  io("started_at", session.started_at);
  io("machine", session.machine);
  io("version", session.version);
  io("trial_ns", session.trial, {"Measured time of one trial."});
  io("interrupted", session.interrupted);
  io("scenarios", session.scenarios);
}

}  // namespace busmark
