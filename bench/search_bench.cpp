// SPDX-License-Identifier: Apache-2.0
// Does the rate that `busmark search` calls sustainable hold? Trials of a simulated server, which
// hold with a chance that falls with the rate as a logistic of its logarithm does, are asked for by
// the product's own RateSearch. The truth is known, so is the chance of a fresh trial.
//
// usage: search_bench [SEARCHES]    of each kind (100)
#include "verb/search/search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include <fmt/core.h>

using namespace busmark;

namespace {

/// In full trials; a short one takes a fourth.
struct Cost {
  double time = 0;
  int trials = 0;
};

struct Server {
  std::vector<double> knees;  ///< Of each goal, messages per second.
  double width = 0;           ///< Of the logistic, as a share of the rate.

  [[nodiscard]] double holds(std::size_t goal, double rate) const {
    return 1 / (1 + std::exp(std::log(rate / knees[goal]) / width));
  }
  /// All goals are about the same messages: where the strictest holds the others do.
  [[nodiscard]] double all_hold(double rate) const {
    double least = 1;
    for (std::size_t goal = 0; goal < knees.size(); ++goal)
      least = std::min(least, holds(goal, rate));
    return least;
  }
  /// The rate that nine trials in ten hold.
  [[nodiscard]] double edge(std::size_t goal) const {
    return knees[goal] * std::exp(-width * std::log(9.0));
  }
};

struct Figures {
  std::vector<double> holds;  ///< Chance of a fresh trial at the answer.
  std::vector<double> place;  ///< Answer / true edge of the strictest.
  std::vector<double> time;
  std::vector<double> trials;
  int bounds = 0;  ///< So many ...
  int inside = 0;  ///< ... with the true edge between them.
  int confirmed = 0;
  std::vector<double> width;  ///< Upper / lower bound of a goal.
};

RateSearchResult search(const Server& server, std::mt19937_64& random, Cost& cost) {
  std::uniform_real_distribution<double> chance;
  RateSearch search({}, server.knees.size());
  while (const std::optional<NextTrial> next = search.next()) {
    cost.time += next->full ? 1 : 0.25;
    ++cost.trials;
    const double luck = chance(random);
    RateTrial trial;
    trial.verdict = TrialVerdict::holds;
    for (std::size_t goal = 0; goal < server.knees.size(); ++goal) {
      const bool holds = luck < server.holds(goal, next->rate);
      trial.goals.push_back(holds ? TrialVerdict::holds : TrialVerdict::misses);
      if (!holds) trial.verdict = TrialVerdict::misses;
    }
    search.add(std::move(trial));
  }
  return search.result();
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double row(const std::string& name, const std::vector<double>& knees, double width, int searches,
           double time_of_one) {
  const Server server{knees, width};
  std::mt19937_64 random(14);
  Figures figures;
  for (int i = 0; i < searches; ++i) {
    Cost cost;
    const RateSearchResult result = search(server, random, cost);
    figures.time.push_back(cost.time);
    figures.trials.push_back(cost.trials);
    for (std::size_t goal = 0; goal < knees.size(); ++goal) {
      const GoalBounds& bounds = result.goals[goal];
      if (!bounds.lower || !bounds.upper) continue;
      ++figures.bounds;
      const double edge = server.edge(goal);
      if (*bounds.lower <= edge && edge <= *bounds.upper) ++figures.inside;
      figures.width.push_back(100 * (*bounds.upper / *bounds.lower - 1));
    }
    if (result.confirmed) ++figures.confirmed;
    if (!result.sustainable) continue;
    figures.holds.push_back(server.all_hold(*result.sustainable));
    const double edge = server.edge(
        static_cast<std::size_t>(std::min_element(knees.begin(), knees.end()) - knees.begin()));
    figures.place.push_back(100 * (*result.sustainable / edge - 1));
  }
  const double time = quantile(figures.time, 0.5);
  fmt::print(
      "| {:<18} | {:>4.1f} % | {:.2f} | {:.2f} | {:>5.1f} .. {:>4.1f} % | {:>4.1f} % | "
      "{:>3.0f} % | {:>3.0f} % | {:>3.0f} | {:>5.1f} | {:>4.2f} |\n",
      name, 100 * width, quantile(figures.holds, 0.5), quantile(figures.holds, 0.1),
      quantile(figures.place, 0.1), quantile(figures.place, 0.9), quantile(figures.width, 0.5),
      100.0 * figures.inside / std::max(figures.bounds, 1), 100.0 * figures.confirmed / searches,
      quantile(figures.trials, 0.5), time, time_of_one > 0 ? time / time_of_one : 1);
  std::fflush(stdout);
  return time;
}

}  // namespace

int main(int argc, char** argv) {
  const int searches = argc > 1 ? std::atoi(argv[1]) : 100;
  if (searches < 1) {
    fmt::print(stderr, "usage: search_bench [SEARCHES], from 1\n");
    return 2;
  }
  fmt::print(
      "{} searches each. P(hold): of a fresh trial at the answer, all goals. place: answer "
      "against\n"
      "the true rate that nine in ten hold. bounds: upper / lower - 1, and how often the true "
      "rate\n"
      "lies between. Time in trials of full length, against the search of one goal.\n\n"
      "| goals | width | P(hold) p50 | p10 | place p10 .. p90 | bounds | hold it | confirmed | "
      "trials | time | of one |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
      searches);
  for (const double width : {0.005, 0.02, 0.05, 0.1}) {
    const double one = row("one", {200e3}, width, searches, 0);
    row("three at one place", {200e3, 200.5e3, 201e3}, width, searches, one);
    row("three apart", {120e3, 170e3, 200e3}, width, searches, one);
  }
}
