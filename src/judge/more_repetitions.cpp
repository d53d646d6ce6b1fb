// SPDX-License-Identifier: Apache-2.0
#include "judge/more_repetitions.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "aspect/mix/mix.hpp"
#include "engine/load_curve.hpp"
#include "judge/verdict.hpp"
#include "record/limits.hpp"
#include "stat/percentile_interval.hpp"
#include "stat/stopping.hpp"

namespace busmark {
namespace {

std::uint32_t repetitions_of(const ScenarioResult& result) {
  return static_cast<std::uint32_t>(
      std::count_if(result.repetitions.begin(), result.repetitions.end(),
                    [](const RepetitionResult& one) { return one.attempt == 1; }));
}

/// Of which each repetition has a value of its own, or more samples.
bool narrows(Metric metric) noexcept {
  return is_latency(metric) || metric == Metric::rate || is_cpu_overhead(metric);
}

/// How many repetitions there may be in all: by number, and by the time that each takes.
std::uint32_t affordable(const ScenarioResult& so_far, std::uint32_t done,
                         const RepetitionLimits& limits) {
  if (!limits.left) return limits.most;
  const auto tries = static_cast<std::int64_t>(std::max<std::size_t>(so_far.repetitions.size(), 1));
  const std::int64_t each = std::max<std::int64_t>(so_far.wall.count() / tries, 1);
  const std::int64_t more = std::max<std::int64_t>(limits.left->count(), 0) / each;
  const auto room = static_cast<std::int64_t>(limits.most) - std::int64_t{done};
  return done + static_cast<std::uint32_t>(std::clamp<std::int64_t>(more, 0, std::max(room, {})));
}

RepetitionLatency latency_of(const RepetitionResult& repetition, std::uint32_t copies) {
  const LatencySource source = response_of(repetition, copies);
  return {.whole = DecodedHistogram(*source.all),
          .sections = source.sections,
          .missing = source.missing};
}

/// Three figures, so that what is shown is enough.
Nanoseconds rounded_up(double seconds) {
  constexpr double kMost = 1e6;
  const auto ms = static_cast<std::int64_t>(std::ceil(std::min(seconds, kMost) * 1000));
  std::int64_t unit = 1;
  while (ms / unit >= 1000) unit *= 10;
  return std::chrono::milliseconds((ms + unit - 1) / unit * unit);
}

/// What is still to be found out.
class OpenQuestions {
 public:
  OpenQuestions(const JudgedScenario& judged, const Until& until, const RepetitionLimits& limits)
      : judged_(judged) {
    const LatencySummary& response = judged.summary.response;
    const std::size_t used = std::max<std::size_t>(judged.summary.used.size(), 1);
    most_samples_ = static_cast<double>(response.count) /
                    static_cast<double>(used * judged.summary.copies) * limits.most;
    most_ = limits.most;
    called_off_ = std::any_of(judged.result->repetitions.begin(), judged.result->repetitions.end(),
                              [](const auto& one) { return one.missed.has_value(); });
    for (const BudgetVerdict& one : judged.verdict.budgets) {
      if (by_rule(one) && hopeless(one.budget.percentile)) continue;
      if (one.verdict == Verdict::inconclusive && narrows(one.budget.metric)) ++open_;
      if (by_rule(one)) rule_.limits.push_back(limit_of(one));
    }
    for (const WantedPrecision& wanted : until.precise) {
      if (!hopeless(wanted.percentile))
        rule_.goals.push_back({wanted.percentile, wanted.half_width});
    }
  }

  /// For the looks to come.
  void bound(std::uint32_t planned, std::uint32_t most) noexcept {
    rule_.planned = planned;
    rule_.most = most;
  }

  /// The first budget that is missed, whatever becomes of the others; null where none is.
  [[nodiscard]] const BudgetVerdict* missed(std::uint32_t done) const {
    for (const BudgetVerdict& one : judged_.verdict.budgets) {
      if (one.verdict != Verdict::fail) continue;
      StoppingRule alone{.planned = rule_.planned, .most = rule_.most};
      alone.limits = {limit_of(one)};
      if (!by_rule(one) || look(alone, intervals(), done).reason == StopReason::enough) return &one;
    }
    return nullptr;
  }

  /// By the stopping rule, which errs no more often for being asked several times.
  [[nodiscard]] bool answered(std::uint32_t done) const {
    if (open_ > 0) return false;
    if (rule_.goals.empty() && rule_.limits.empty()) return true;
    return look(rule_, intervals(), done).reason == StopReason::enough;
  }

  /// Repetitions in all after which to look again.
  [[nodiscard]] std::uint32_t next_look(std::uint32_t done) const {
    const std::vector<std::uint32_t> looks = looks_of(rule_);
    const auto next = std::upper_bound(looks.begin(), looks.end(), done);
    return next == looks.end() ? done : *next;
  }

  /// Why some question stays open whatever is run; empty where none does.
  [[nodiscard]] const std::string& hopeless_text() const noexcept { return hopeless_; }

 private:
  /// The others by the verdict alone: what was called off has no whole histogram.
  [[nodiscard]] bool by_rule(const BudgetVerdict& one) const noexcept {
    return one.budget.metric == Metric::latency_percentile && one.message_class.empty() &&
           !called_off_;
  }
  static PercentileLimit limit_of(const BudgetVerdict& one) {
    return {one.budget.percentile, Nanoseconds(std::llround(one.budget.limit))};
  }

  bool hopeless(Percentile percentile) {
    const std::uint64_t needed = samples_needed(percentile);
    if (most_samples_ >= static_cast<double>(needed)) return false;
    if (hopeless_.empty()) {
      hopeless_ = fmt::format("{} needs {} samples, and {} repetitions of this length have {:.0f}",
                              format_percentile(percentile), needed, most_, most_samples_);
    }
    return true;
  }

  [[nodiscard]] PercentileIntervals intervals() const {
    std::vector<RepetitionLatency> repetitions;
    for (const std::uint32_t used : judged_.summary.used) {
      repetitions.push_back(latency_of(judged_.result->repetitions[used], judged_.summary.copies));
    }
    return PercentileIntervals(std::move(repetitions), judged_.summary.copies);
  }

  const JudgedScenario& judged_;
  StoppingRule rule_;
  bool called_off_ = false;
  std::size_t open_ = 0;
  double most_samples_ = 0;
  std::uint32_t most_ = 0;
  std::string hopeless_;
};

}  // namespace

Look look_for_more(const ScenarioResult& so_far, const Until& until,
                   const RepetitionLimits& limits) {
  if (!until.decided) return {0, "only the planned ones were asked for"};
  const std::uint32_t done = repetitions_of(so_far);
  const JudgedScenario judged = judge(so_far);
  if (!judged.verdict.reasons.empty()) {
    return {0, "its figures cannot be trusted, and more of them would not change that"};
  }
  const std::uint32_t most = std::max(affordable(so_far, done, limits), done);
  OpenQuestions questions(judged, until, limits);
  questions.bound(limits.planned, most);
  if (const BudgetVerdict* missed = questions.missed(done))
    return {0, missed->text() + " is missed"};
  if (questions.answered(done)) {
    if (!questions.hopeless_text().empty()) return {0, questions.hopeless_text()};
    return {0, until.precise.empty() ? "every budget is decided"
                                     : "every budget is decided and every interval narrow enough"};
  }
  if (done >= limits.most) return {0, fmt::format("{} repetitions are the most", limits.most)};
  if (done >= most) return {0, "at_most leaves no time for another one"};
  return {questions.next_look(done) - done, "a budget is undecided or an interval too wide"};
}

std::vector<TooFewSamples> too_few_samples(const Scenario& scenario, const Until& until,
                                           std::uint32_t repetitions) {
  std::vector<TooFewSamples> found;
  const double rate = intended_rate(scenario);
  if (!scenario.load.open_loop() || rate <= 0) return found;
  const auto check = [&](Percentile percentile, double share, std::string what) {
    const double samples = rate * share * in_seconds(scenario.duration) * repetitions;
    const std::uint64_t needed = samples_needed(percentile);
    if (samples >= static_cast<double>(needed) || share <= 0) return;
    const double seconds = static_cast<double>(needed) / (rate * share * repetitions);
    found.push_back({std::move(what), samples, needed, rounded_up(seconds)});
  };
  const auto check_all = [&](const std::vector<Budget>& budgets, double share,
                             const std::string& of) {
    for (const Budget& budget : budgets) {
      if (budget.metric == Metric::latency_percentile) {
        check(budget.percentile, share, of + budget.text);
      }
    }
  };
  check_all(scenario.budget, 1, "");
  const std::vector<double> shares = class_shares(scenario.mix);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    check_all(scenario.mix[i].budget, shares[i], scenario.mix[i].name + ": ");
  }
  for (const WantedPrecision& wanted : until.precise) {
    check(wanted.percentile, 1, to_string(Until{.precise = {wanted}}));
  }
  return found;
}

std::vector<std::string> cannot_be_judged(const Scenario& scenario, const Until& until,
                                          std::uint32_t repetitions) {
  std::vector<std::string> sentences;
  for (const TooFewSamples& one : too_few_samples(scenario, until, repetitions)) {
    sentences.push_back(fmt::format(
        "{} cannot be judged: {} repetitions have {:.0f} messages and it takes {}; "
        "duration = \"{}\" would do",
        one.what, repetitions, one.samples, one.needed, format_duration(one.duration_needed)));
  }
  if (!scenario.load.open_loop()) return sentences;
  const auto check_rates = [&](const std::vector<Budget>& budgets, double share,
                               const std::string& of) {
    const double rate = intended_rate(scenario) * share;
    const double due = rate * in_seconds(scenario.duration);
    for (const Budget& budget : budgets) {
      if (budget.metric != Metric::rate || rate <= 0) continue;
      if (budget.limit > rate) {
        sentences.push_back(fmt::format("{}{} cannot be met: the load is {}", of, budget.text,
                                        format_rate({rate})));
      } else if (due < kFewestForRate) {
        sentences.push_back(fmt::format(
            "{}{} cannot be judged: {:.3g} messages are due in {} and it takes {}; duration = "
            "\"{}\" would do",
            of, budget.text, due, format_duration(scenario.duration), kFewestForRate,
            format_duration(rounded_up(kFewestForRate / rate))));
      }
    }
  };
  check_rates(scenario.budget, 1, "");
  const std::vector<double> shares = class_shares(scenario.mix);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    check_rates(scenario.mix[i].budget, shares[i], scenario.mix[i].name + ": ");
  }
  return sentences;
}

Nanoseconds share_of_time(Nanoseconds at_most, Nanoseconds used, Nanoseconds reserved,
                          std::size_t scenarios) noexcept {
  const Nanoseconds left = std::max(at_most - used - reserved, Nanoseconds{0});
  return left / static_cast<std::int64_t>(std::max<std::size_t>(scenarios, 1));
}

}  // namespace busmark
