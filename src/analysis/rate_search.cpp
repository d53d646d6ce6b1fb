// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/rate_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace busmark {
namespace {

constexpr double kSevere = 20;    // times its limit
constexpr double kBroken = 0.05;  // of the schedule
constexpr double kFactor = 4;     // between rates while there is no bracket
constexpr double kCliff = 10;     // times p95
constexpr double kBeyond = 1.1;   // where a cliff shows
constexpr double kReserve = 0.8;  // recommended of sustainable
constexpr double kSame = 0.03;    // rates this near make no second point of the curve
constexpr std::array kAround{0.5, 0.8, 1.1, 1.25};  // points of the curve, times the answer

/// To three digits, as people would write it.
double rounded(double rate) {
  const double unit = std::pow(10, std::floor(std::log10(rate)) - 2);
  return std::round(rate / unit) * unit;
}

template <typename Figure>
Figure median_of(const std::vector<RateTrial>& trials, Figure RateTrial::*figure) {
  std::vector<Figure> values;
  for (const RateTrial& trial : trials) values.push_back(trial.*figure);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::string_view to_string(RateLimit limit) noexcept {
  switch (limit) {
    case RateLimit::none: return "none";
    case RateLimit::loss: return "loss";
    case RateLimit::queue_full: return "queue full";
    case RateLimit::consumer: return "consumer";
    case RateLimit::producer: return "producer";
  }
  return "unknown";
}

std::string_view to_string(RateLabel label) noexcept {
  switch (label) {
    case RateLabel::ok: return "OK";
    case RateLabel::degraded: return "DEGRADED";
    case RateLabel::severe: return "SEVERE";
    case RateLabel::broken: return "BROKEN";
    case RateLabel::unclear: return "UNCLEAR";
  }
  return "UNKNOWN";
}

std::size_t RateStep::count(TrialVerdict verdict) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(trials.begin(), trials.end(),
                    [verdict](const RateTrial& trial) { return trial.verdict == verdict; }));
}

TrialVerdict RateStep::verdict() const noexcept {
  const std::size_t holds = count(TrialVerdict::holds);
  const std::size_t misses = count(TrialVerdict::misses);
  if (holds == 0 && misses == 0) return TrialVerdict::unclear;
  return holds > misses ? TrialVerdict::holds : TrialVerdict::misses;
}

RateTrial RateStep::median() const {
  RateTrial median;
  if (trials.empty()) return median;
  median.verdict = verdict();
  for (const RateTrial& trial : trials) {
    if (trial.verdict != median.verdict) continue;
    median.reason = trial.reason;
    median.limit = trial.limit;
  }
  median.missed_share = median_of(trials, &RateTrial::missed_share);
  median.over_limit = median_of(trials, &RateTrial::over_limit);
  median.p50 = median_of(trials, &RateTrial::p50);
  median.p95 = median_of(trials, &RateTrial::p95);
  median.p99 = median_of(trials, &RateTrial::p99);
  median.lost = median_of(trials, &RateTrial::lost);
  median.received_rate = median_of(trials, &RateTrial::received_rate);
  median.backlog = median_of(trials, &RateTrial::backlog);
  median.cpu = median_of(trials, &RateTrial::cpu);
  return median;
}

RateLabel RateStep::label() const noexcept {
  switch (verdict()) {
    case TrialVerdict::holds: return RateLabel::ok;
    case TrialVerdict::unclear: return RateLabel::unclear;
    case TrialVerdict::misses: break;
  }
  if (median_of(trials, &RateTrial::missed_share) >= kBroken) return RateLabel::broken;
  if (median_of(trials, &RateTrial::over_limit) >= kSevere) return RateLabel::severe;
  return RateLabel::degraded;
}

std::optional<double> RateSearchResult::recommended() const noexcept {
  if (!sustainable) return std::nullopt;
  return rounded(*sustainable * kReserve);
}

RateSearch::RateSearch(RateSearchRules rules) : rules_(rules) {
  rules_.start = std::clamp(rules_.start, rules_.lowest, rules_.highest);
}

bool RateSearch::decided(const RateStep& step, std::size_t votes) const noexcept {
  return step.count(TrialVerdict::holds) >= votes || step.count(TrialVerdict::misses) >= votes ||
         step.trials.size() >= rules_.most_trials;
}

const RateStep* RateSearch::lowest_miss() const {
  for (const RateStep& step : steps_) {
    if (step.verdict() != TrialVerdict::holds) return &step;
  }
  return nullptr;
}

const RateStep* RateSearch::highest_hold() const {
  const RateStep* highest = nullptr;
  for (const RateStep& step : steps_) {
    if (step.verdict() != TrialVerdict::holds) break;
    highest = &step;
  }
  return highest;
}

std::optional<double> RateSearch::bracket() const {
  const RateStep* const hold = highest_hold();
  const RateStep* const miss = lowest_miss();
  if (hold == nullptr && miss == nullptr) return rules_.start;
  if (miss == nullptr) {
    if (hold->rate >= rules_.highest) return std::nullopt;
    return std::min(hold->rate * kFactor, rules_.highest);
  }
  if (hold == nullptr) {
    // A machine that lets nothing be told here will not do so for lower rates.
    if (miss->rate <= rules_.lowest || miss->verdict() == TrialVerdict::unclear)
      return std::nullopt;
    return std::max(miss->rate / kFactor, rules_.lowest);
  }
  if (miss->rate <= hold->rate * (1 + rules_.precision)) return std::nullopt;
  const double middle = std::sqrt(hold->rate * miss->rate);
  const double near = rounded(middle);
  return near > hold->rate && near < miss->rate ? near : middle;
}

std::optional<double> RateSearch::around(double answer) const {
  for (const double factor : kAround) {
    const double rate = rounded(answer * factor);
    if (rate < rules_.lowest || rate > rules_.highest) continue;
    const bool known = std::any_of(steps_.begin(), steps_.end(), [rate](const RateStep& step) {
      return std::abs(step.rate / rate - 1) < kSame;
    });
    if (!known) return rate;
  }
  return std::nullopt;
}

std::optional<double> RateSearch::next() {
  if (complete_) return std::nullopt;
  if (current_ != 0 && !decided(step_at(current_), rules_.votes)) return current_;
  std::optional<double> rate = bracket();
  const RateStep* const hold = highest_hold();
  if (!rate && hold != nullptr) {
    if (!decided(*hold, rules_.confirming_votes)) {
      rate = hold->rate;
    } else {
      rate = around(hold->rate);
    }
  }
  complete_ = !rate;
  current_ = rate.value_or(0);
  return rate;
}

void RateSearch::add(RateTrial trial) { step_at(current_).trials.push_back(std::move(trial)); }

void RateSearch::forbid(double rate) {
  rules_.highest = std::min(rules_.highest, rate);
  rules_.start = std::min(rules_.start, rules_.highest);
  current_ = 0;
}

RateStep& RateSearch::step_at(double rate) {
  const auto at = std::find_if(steps_.begin(), steps_.end(),
                               [rate](const RateStep& step) { return step.rate >= rate; });
  if (at != steps_.end() && at->rate == rate) return *at;
  return *steps_.insert(at, RateStep{.rate = rate, .trials = {}});
}

RateSearchResult RateSearch::result() const {
  RateSearchResult result;
  result.steps = steps_;
  std::erase_if(result.steps, [](const RateStep& step) { return step.trials.empty(); });
  result.complete = complete_;
  if (const RateStep* const hold = highest_hold()) result.sustainable = hold->rate;
  if (const RateStep* const miss = lowest_miss()) {
    result.first_miss = miss->rate;
    const RateTrial median = miss->median();
    result.limit = median.limit;
    result.reason = median.reason;
    result.unclear = miss->verdict() == TrialVerdict::unclear;
  }
  if (!result.sustainable) return result;
  const RateTrial at_answer = highest_hold()->median();
  for (const RateStep& step : result.steps) {
    if (step.rate < *result.sustainable * kBeyond * (1 - kSame)) continue;
    if (at_answer.p95.count() == 0) break;
    result.beyond = step.rate;
    result.growth =
        static_cast<double>(step.median().p95.count()) / static_cast<double>(at_answer.p95.count());
    result.cliff = *result.growth >= kCliff || step.label() == RateLabel::broken;
    break;
  }
  return result;
}

}  // namespace busmark
