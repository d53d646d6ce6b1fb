// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/analysis/verdict.hpp"

namespace busmark {

/// What one repetition at one rate says of its budgets.
enum class TrialVerdict : std::uint8_t {
  holds,
  misses,
  unclear,  ///< Missed on a disturbed machine, or not enough samples.
};

/// What keeps a rate from holding.
enum class RateLimit : std::uint8_t {
  none,
  loss,        ///< Messages were lost.
  queue_full,  ///< The transport refused or dropped.
  consumer,    ///< Messages wait between being sent and being received.
  producer,    ///< Messages wait to be sent.
};
[[nodiscard]] std::string_view to_string(RateLimit limit) noexcept;

/// One repetition at one rate.
struct RateTrial {
  TrialVerdict verdict = TrialVerdict::holds;
  std::string reason;  ///< For everything but `holds`.
  RateLimit limit = RateLimit::none;
  double missed_share = 0;  ///< Of the schedule: lost, refused, dropped, unsent or sent too late.
  double over_limit = 0;    ///< Largest quotient of a latency and its limit; 0 without such budget.
  Nanoseconds p50{};        ///< Response times: a lower bound where the schedule was missed.
  Nanoseconds p95{};
  Nanoseconds p99{};
  std::uint64_t lost = 0;
  double received_rate = 0;
  double backlog =
      0;           ///< Messages on their way on average: rate times service time (Little's law).
  double cpu = 0;  ///< Cores that producers and consumers used.
};

/// Reads a scenario of one repetition. Pure.
[[nodiscard]] RateTrial read_trial(const JudgedScenario& scenario);

/// How a rate is on the curve of degradation.
enum class RateLabel : std::uint8_t {
  ok,
  degraded,  ///< A budget is missed.
  severe,    ///< A latency is 20 times its limit.
  broken,    ///< One message in 20 is lost, refused, dropped or late.
  unclear,   ///< The machine did not let it be told.
};
[[nodiscard]] std::string_view to_string(RateLabel label) noexcept;

/// All trials at one rate.
struct RateStep {
  double rate = 0;  ///< Messages per second, intended.
  std::vector<RateTrial> trials;

  [[nodiscard]] std::size_t count(TrialVerdict verdict) const noexcept;
  [[nodiscard]] TrialVerdict verdict() const noexcept;  ///< Of most of the clear trials.
  [[nodiscard]] RateLabel label() const noexcept;
  [[nodiscard]] RateTrial median() const;  ///< Of each figure; reason and limit of the majority.
};

/// How to search. A step is decided by the first two equal clear trials, the answer by three: where
/// one trial errs with probability e, a step errs with 3 e^2 - 2 e^3 (0.028 for 0.1).
struct RateSearchRules {
  double lowest = 1e3;
  double highest = 100e6;
  double start = 10e3;
  double precision = 0.02;  ///< Of the answer: first rate that misses / last that holds - 1.
  std::size_t votes = 2;
  std::size_t confirming_votes = 3;
  std::size_t most_trials = 5;  ///< At one rate; then the majority decides, and a tie misses.
};

/// What a search has found.
struct RateSearchResult {
  std::vector<RateStep> steps;        ///< Ascending.
  std::optional<double> sustainable;  ///< Highest rate that holds; empty: not even the lowest.
  std::optional<double> first_miss;   ///< Lowest rate above it that misses; empty: none was found.
  RateLimit limit = RateLimit::none;  ///< Of `first_miss`.
  std::string reason;                 ///< Of `first_miss`.
  /// Growth of p95 from `sustainable` to `beyond`, the nearest rate at least a tenth higher.
  std::optional<double> growth;
  std::optional<double> beyond;
  bool cliff = false;  ///< p95 grew tenfold, or that rate is broken.
  bool unclear = false;  ///< `first_miss` could not be told from what the machine did.
  bool complete = false;

  /// With a fifth in reserve: where arrivals come in bursts, the sustainable rate is the brink.
  [[nodiscard]] std::optional<double> recommended() const noexcept;
};

/// The highest rate that holds a budget: bracketing by factors of four from the start, bisection of
/// the logarithm, confirmation, and then trials around the answer for the curve. It runs nothing:
/// ask for the next rate, try it, tell. One thread.
class RateSearch {
 public:
  explicit RateSearch(RateSearchRules rules);

  /// The rate to try next; empty when the search is over.
  [[nodiscard]] std::optional<double> next();
  /// How it went at the rate that next() gave.
  void add(RateTrial trial);
  /// No rate from here on can be tried, for a reason other than its figures.
  void forbid(double rate);
  [[nodiscard]] RateSearchResult result() const;

 private:
  [[nodiscard]] bool decided(const RateStep& step, std::size_t votes) const noexcept;
  [[nodiscard]] const RateStep* lowest_miss() const;
  [[nodiscard]] const RateStep* highest_hold() const;
  [[nodiscard]] std::optional<double> bracket() const;
  [[nodiscard]] std::optional<double> around(double answer) const;
  RateStep& step_at(double rate);

  RateSearchRules rules_;
  std::vector<RateStep> steps_;  ///< Ascending.
  double current_ = 0;
  bool complete_ = false;
};

}  // namespace busmark
