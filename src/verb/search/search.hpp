// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/verdict.hpp"
#include "verb/search/hold_curve.hpp"

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
  TrialVerdict verdict = TrialVerdict::holds;  ///< Of all budgets together.
  std::vector<TrialVerdict> goals;             ///< Of each budget by itself.
  bool full = true;    ///< Of full length; short ones are far from the edge.
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

/// Reads a scenario of one repetition. Pure. Each budget's figure meets its limit or not, wherever
/// its interval ends: what one trial leaves open the next ones settle.
[[nodiscard]] RateTrial read_trial(const JudgedScenario& scenario);

/// How a rate is on the curve of degradation.
enum class RateLabel : std::uint8_t {
  ok,        ///< Nine trials in ten hold; the first nine may have one that does not.
  degraded,  ///< More miss a budget.
  severe,    ///< A latency is 20 times its limit.
  broken,    ///< One message in 20 is lost, refused, dropped or late.
  unclear,   ///< The machine did not let it be told.
};
[[nodiscard]] std::string_view to_string(RateLabel label) noexcept;

/// All trials at one rate.
struct RateStep {
  double rate = 0;  ///< Messages per second, intended.
  std::vector<RateTrial> trials;

  /// Of those of full length, if there are any.
  [[nodiscard]] std::size_t count(TrialVerdict verdict) const noexcept;
  [[nodiscard]] TrialVerdict verdict() const noexcept;  ///< Of the clear ones: see RateLabel::ok.
  [[nodiscard]] RateLabel label() const noexcept;
  [[nodiscard]] RateTrial median() const;  ///< Of each figure; reason and limit of the majority.
};

/// How to search.
struct RateSearchRules {
  double lowest = 1e3;
  double highest = 100e6;
  double start = 10e3;
  double precision = 0.02;  ///< Of the answer: upper bound / lower bound - 1.
  /// That may go into finding the edge of all goals together; those of each by itself may then take
  /// half as many again.
  std::size_t most_trials = 40;
  std::size_t fewest_holds = 9;  ///< Fresh trials that confirm an answer, with one miss at most.
  std::size_t most_answers = 6;  ///< To confirm, each lower than the one before.
  std::size_t most_unclear = 5;  ///< At one rate, beyond clear ones; it then counts as a miss.
};

/// Bounds of the highest rate that nine trials in ten hold, each right with a chance of 90 %: the
/// relevant lower and upper bound of a goal of RFC 9971 with an exceed ratio of 0.1.
struct GoalBounds {
  std::optional<double> lower;  ///< Empty: not even the lowest rate is sure to.
  std::optional<double> upper;  ///< Empty: every rate up to the highest holds.
  /// Messages received per second in the trial that nine in ten of those at the highest tried rate
  /// within the lower bound reach: conditional throughput.
  std::optional<double> throughput;
};

/// What a search has found.
struct RateSearchResult {
  std::vector<RateStep> steps;        ///< Ascending.
  std::optional<double> sustainable;  ///< Highest rate that holds; empty: not even the lowest.
  bool confirmed = false;             ///< By fresh trials at `sustainable`.
  GoalBounds bounds;                  ///< Of all budgets together.
  std::vector<GoalBounds> goals;      ///< Of each budget by itself.
  std::optional<double> first_miss;   ///< Lowest rate above it that misses; empty: none was found.
  RateLimit limit = RateLimit::none;  ///< Of `first_miss`.
  std::string reason;                 ///< Of `first_miss`.
  /// Growth of p95 from `sustainable` to `beyond`, the nearest rate at least a tenth higher.
  std::optional<double> growth;
  std::optional<double> beyond;
  bool cliff = false;    ///< p95 grew tenfold, or that rate is broken.
  bool unclear = false;  ///< `first_miss` could not be told from what the machine did.
  bool complete = false;

  /// With a fifth in reserve: where arrivals come in bursts, the sustainable rate is the brink.
  [[nodiscard]] std::optional<double> recommended() const noexcept;
};

/// What to try next.
struct NextTrial {
  double rate = 0;
  bool full = true;  ///< Else a fourth of the length does.
};

/// The highest rate that nine trials in ten hold. Each trial is evidence for all goals: what is
/// known of each is a HoldCurve, and the least known one chooses the next rate, short trials at
/// first. Then the lower bound of all goals together is confirmed by fresh trials, or a lower one,
/// and some around the answer make the curve. It runs nothing: ask for the next trial, run it,
/// tell. One thread. `./dev bench search` tells how well the answers hold.
class RateSearch {
 public:
  /// `goals`: so many verdicts has each trial besides the one of all.
  explicit RateSearch(RateSearchRules rules, std::size_t goals = 1);

  /// The trial to run next; empty when the search is over.
  [[nodiscard]] std::optional<NextTrial> next();
  /// How it went with what next() gave.
  void add(RateTrial trial);
  /// No rate from here on can be tried, for a reason other than its figures.
  void forbid(double rate);
  [[nodiscard]] RateSearchResult result() const;

 private:
  enum class Phase : std::uint8_t { edge, confirm, around, over };

  [[nodiscard]] bool found(const HoldCurve& curve) const;
  [[nodiscard]] std::optional<NextTrial> at_an_edge() const;
  [[nodiscard]] std::optional<NextTrial> confirming();
  [[nodiscard]] std::optional<NextTrial> around() const;
  [[nodiscard]] double near(double rate) const;
  [[nodiscard]] double at_most(double rate) const;
  [[nodiscard]] bool given_up(double rate) const;
  [[nodiscard]] bool hidden() const;
  [[nodiscard]] GoalBounds bounds_of(std::size_t curve) const;
  void learn(const RateTrial& trial);
  RateStep& step_at(double rate);

  RateSearchRules rules_;
  std::size_t goals_;
  std::vector<HoldCurve> curves_;  ///< Of all goals together, then of each where there are several.
  std::vector<RateStep> steps_;    ///< Ascending.
  NextTrial current_;
  Phase phase_ = Phase::edge;
  std::size_t trials_ = 0;                ///< Clear ones while the edges were looked for.
  std::optional<std::size_t> all_found_;  ///< So many for the edge of all goals together.
  std::size_t answers_ = 0;
  std::size_t fresh_holds_ = 0;
  std::size_t fresh_misses_ = 0;
  double answer_ = 0;  ///< Being confirmed, or confirmed.
  double barred_;      ///< What failed, and all above it.
  bool confirmed_ = false;
};

}  // namespace busmark
