// SPDX-License-Identifier: Apache-2.0
#include "verb/search/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace busmark {
namespace {

constexpr double kUnsure = 0.1;   // chance that a bound is wrong
constexpr double kFarOff = 1.5;   // an edge known no better than by this factor has short trials
constexpr double kFactor = 4;     // beyond what was tried
constexpr double kCliff = 10;     // times p95
constexpr double kBeyond = 1.1;   // where a cliff shows
constexpr double kReserve = 0.8;  // recommended of sustainable
constexpr double kSame = 0.03;    // rates this near make no second point of the curve
constexpr std::array kAround{0.5, 0.8, 1.1, 1.25};  // points of the curve, times the answer
/// Where the next trial goes: quantiles of the rate that nine in ten hold, in turn.
constexpr std::array kAims{0.5, 0.15, 0.85};

/// To three digits, as people would write it.
double rounded(double rate) {
  const double unit = std::pow(10, std::floor(std::log10(rate)) - 2);
  return std::round(rate / unit) * unit;
}

/// The largest of 1, 2 and 5 times a power of ten that is no larger.
double unit_below(double size) {
  const double power = std::pow(10, std::floor(std::log10(size)));
  for (const double digit : {5.0, 2.0}) {
    if (digit * power <= size * (1 + 1e-9)) return digit * power;
  }
  return power;
}

/// Upper by lower bound.
double width_of(const HoldCurve& curve) {
  return curve.quantile(1 - kUnsure) / curve.quantile(kUnsure);
}

}  // namespace

std::optional<double> RateSearchResult::recommended() const noexcept {
  if (!sustainable) return std::nullopt;
  return rounded(*sustainable * kReserve);
}

RateSearch::RateSearch(RateSearchRules rules, std::size_t goals)
    : rules_(rules), goals_(goals), barred_(rules.highest * 2) {
  rules_.start = std::clamp(rules_.start, rules_.lowest, rules_.highest);
  const HoldCurve unknown(rules_.lowest, rules_.highest, rules_.precision);
  curves_.assign(goals > 1 ? goals + 1 : 1, unknown);
}

double RateSearch::near(double rate) const {
  const double unit = unit_below(rate * rules_.precision / 4);
  return std::clamp(std::round(rate / unit) * unit, rules_.lowest, rules_.highest);
}

double RateSearch::at_most(double rate) const {
  const double unit = unit_below(rate * rules_.precision / 4);
  return std::clamp(std::floor(rate / unit * (1 + 1e-9)) * unit, rules_.lowest, rules_.highest);
}

bool RateSearch::found(const HoldCurve& curve) const {
  if (curve.sure(rules_.highest) >= 1 - kUnsure || curve.sure(rules_.lowest) <= kUnsure)
    return true;
  return width_of(curve) <= 1 + rules_.precision * (1 + 1e-9);
}

std::optional<NextTrial> RateSearch::at_an_edge() const {
  if (steps_.empty()) return NextTrial{rules_.start, false};
  const HoldCurve* widest = nullptr;
  if (!all_found_) {
    widest = &curves_.front();
  } else if (trials_ < *all_found_ + *all_found_ / 2) {
    double width = 0;
    for (std::size_t i = 1; i < curves_.size(); ++i) {
      const HoldCurve& curve = curves_[i];
      if (width_of(curve) <= width || found(curve)) continue;
      width = width_of(curve);
      widest = &curve;
    }
  }
  if (widest == nullptr) return std::nullopt;
  const bool far = width_of(*widest) > kFarOff;
  const double aim = far ? 0.5 : kAims[trials_ % kAims.size()];
  const double lowest = steps_.front().rate / kFactor;
  const double highest = steps_.back().rate * kFactor;
  return NextTrial{near(std::clamp(widest->quantile(aim), lowest, highest)), !far};
}

std::optional<NextTrial> RateSearch::confirming() {
  if (answer_ != 0 && fresh_misses_ <= 1 && fresh_holds_ < rules_.fewest_holds) {
    return NextTrial{answer_, true};
  }
  if (answer_ != 0) {
    confirmed_ = fresh_misses_ <= 1 && step_at(answer_).verdict() == TrialVerdict::holds;
    if (confirmed_) return std::nullopt;
    barred_ = answer_;
  }
  const HoldCurve& all = curves_.front();
  if (all.sure(rules_.lowest) <= kUnsure || barred_ <= rules_.lowest) {
    answer_ = 0;
    return std::nullopt;
  }
  answer_ = at_most(std::min(all.quantile(kUnsure), barred_ * (1 - rules_.precision / 2)));
  fresh_holds_ = 0;
  fresh_misses_ = 0;
  if (++answers_ <= rules_.most_answers) return NextTrial{answer_, true};
  answer_ = 0;  // then the best of what was tried, and not confirmed
  for (const RateStep& step : steps_) {
    if (step.rate < barred_ && step.verdict() == TrialVerdict::holds) answer_ = step.rate;
  }
  return std::nullopt;
}

std::optional<NextTrial> RateSearch::around() const {
  if (answer_ == 0) return std::nullopt;
  for (const double factor : kAround) {
    const double rate = rounded(answer_ * factor);
    if (rate < rules_.lowest || rate > rules_.highest) continue;
    const bool known = std::any_of(steps_.begin(), steps_.end(), [rate](const RateStep& step) {
      return std::abs(step.rate / rate - 1) < kSame;
    });
    if (!known) return NextTrial{rate, true};
  }
  return std::nullopt;
}

bool RateSearch::given_up(double rate) const {
  return std::any_of(steps_.begin(), steps_.end(), [&](const RateStep& step) {
    const std::size_t clear = step.count(TrialVerdict::holds) + step.count(TrialVerdict::misses);
    return step.rate <= rate && step.count(TrialVerdict::unclear) >= rules_.most_unclear + clear;
  });
}

bool RateSearch::hidden() const {
  const bool held = std::any_of(steps_.begin(), steps_.end(), [](const RateStep& step) {
    return step.count(TrialVerdict::holds) > 0;
  });
  return !held && !steps_.empty() && steps_.front().verdict() == TrialVerdict::unclear;
}

std::optional<NextTrial> RateSearch::next() {
  if (current_.rate != 0) {
    const RateStep& step = step_at(current_.rate);
    const bool clear = step.verdict() != TrialVerdict::unclear;
    // What a short trial leaves open a long one may tell.
    if (!clear && !given_up(step.rate)) {
      current_.full = true;
      return current_;
    }
    // A machine that lets nothing be told here will not do so for lower rates.
    if (!clear && hidden()) phase_ = Phase::over;
  }
  std::optional<NextTrial> trial;
  if (phase_ == Phase::edge) {
    trial = at_an_edge();
    if (!trial) phase_ = Phase::confirm;
  }
  if (phase_ == Phase::confirm) {
    trial = confirming();
    if (!trial) phase_ = Phase::around;
  }
  if (phase_ == Phase::around) {
    trial = around();
    if (!trial) phase_ = Phase::over;
  }
  current_ = trial.value_or(NextTrial{});
  return trial;
}

void RateSearch::learn(const RateTrial& trial) {
  const double lapse = trial.full ? HoldCurve::kLapse : HoldCurve::kShortLapse;
  curves_.front().add(current_.rate, trial.verdict == TrialVerdict::holds, lapse);
  for (std::size_t goal = 0; goal + 1 < curves_.size(); ++goal) {
    if (goal < trial.goals.size() && trial.goals[goal] == TrialVerdict::unclear) continue;
    const bool holds = goal < trial.goals.size() && trial.goals[goal] == TrialVerdict::holds;
    curves_[goal + 1].add(current_.rate, holds, lapse);
  }
  if (phase_ == Phase::edge) {
    ++trials_;
    const bool enough = trials_ >= rules_.most_trials || found(curves_.front());
    if (!all_found_ && enough) all_found_ = trials_;
  }
  if (phase_ != Phase::confirm) return;
  ++(trial.verdict == TrialVerdict::holds ? fresh_holds_ : fresh_misses_);
}

void RateSearch::add(RateTrial trial) {
  trial.full = current_.full;
  RateStep& step = step_at(current_.rate);
  step.trials.push_back(trial);
  if (trial.verdict == TrialVerdict::unclear) {
    // What cannot be told again and again holds nothing, nor does what lies above it.
    if (!given_up(step.rate)) return;
    trial.goals.assign(goals_, TrialVerdict::misses);
  }
  learn(trial);
}

void RateSearch::forbid(double rate) {
  rules_.highest = std::min(rules_.highest, rate);
  rules_.start = std::min(rules_.start, rules_.highest);
  std::erase_if(steps_, [](const RateStep& step) { return step.trials.empty(); });
  current_ = {};
}

RateStep& RateSearch::step_at(double rate) {
  const auto at = std::find_if(steps_.begin(), steps_.end(),
                               [rate](const RateStep& step) { return step.rate >= rate; });
  if (at != steps_.end() && at->rate == rate) return *at;
  return *steps_.insert(at, RateStep{.rate = rate, .trials = {}});
}

GoalBounds RateSearch::bounds_of(std::size_t curve) const {
  GoalBounds bounds;
  const HoldCurve& known = curves_[curve];
  if (known.sure(rules_.lowest) >= 1 - kUnsure) {
    bounds.lower = std::clamp(known.quantile(kUnsure), rules_.lowest, rules_.highest);
  }
  if (known.sure(rules_.highest) < 1 - kUnsure) {
    bounds.upper = std::clamp(known.quantile(1 - kUnsure), rules_.lowest, rules_.highest);
  }
  if (!bounds.lower) return bounds;
  std::vector<double> received;
  for (const RateStep& step : steps_) {
    if (step.rate > *bounds.lower * (1 + 1e-9)) break;
    if (step.trials.empty()) continue;
    received.clear();
    for (const RateTrial& trial : step.trials) received.push_back(trial.received_rate);
  }
  if (received.empty()) return bounds;
  std::sort(received.begin(), received.end());
  bounds.throughput = received[received.size() / 10];
  return bounds;
}

RateSearchResult RateSearch::result() const {
  RateSearchResult result;
  result.steps = steps_;
  std::erase_if(result.steps, [](const RateStep& step) { return step.trials.empty(); });
  result.complete = phase_ == Phase::over;
  result.confirmed = confirmed_;
  if (answer_ != 0) result.sustainable = answer_;
  result.bounds = bounds_of(0);
  for (std::size_t goal = 0; goal < goals_; ++goal) {
    result.goals.push_back(bounds_of(goals_ > 1 ? goal + 1 : 0));
  }
  const RateStep* at_answer = nullptr;
  for (const RateStep& step : result.steps) {
    if (step.rate == answer_) at_answer = &step;
    if (step.rate <= answer_ || step.verdict() == TrialVerdict::holds) continue;
    result.first_miss = step.rate;
    const RateTrial median = step.median();
    result.limit = median.limit;
    result.reason = median.reason;
    result.unclear = median.verdict == TrialVerdict::unclear;
    break;
  }
  if (at_answer == nullptr) return result;
  const std::chrono::nanoseconds p95 = at_answer->median().p95;
  for (const RateStep& step : result.steps) {
    if (step.rate < answer_ * kBeyond * (1 - kSame)) continue;
    if (p95.count() == 0) break;
    result.beyond = step.rate;
    result.growth =
        static_cast<double>(step.median().p95.count()) / static_cast<double>(p95.count());
    result.cliff = *result.growth >= kCliff || step.label() == RateLabel::broken;
    break;
  }
  return result;
}

}  // namespace busmark
