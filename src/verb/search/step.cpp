// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "verb/search/search.hpp"

namespace busmark {
namespace {

constexpr double kSevere = 20;    // times its limit
constexpr double kBroken = 0.05;  // of the schedule

template <typename Figure>
Figure median_of(const std::vector<RateTrial>& trials, Figure RateTrial::*figure) {
  std::vector<Figure> values;
  for (const RateTrial& trial : trials) values.push_back(trial.*figure);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool is_full(const RateTrial& trial) { return trial.full; }

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
  const bool full = std::any_of(trials.begin(), trials.end(), &is_full);
  return static_cast<std::size_t>(std::count_if(
      trials.begin(), trials.end(),
      [&](const RateTrial& trial) { return trial.verdict == verdict && (trial.full || !full); }));
}

TrialVerdict RateStep::verdict() const noexcept {
  const std::size_t holds = count(TrialVerdict::holds);
  const std::size_t misses = count(TrialVerdict::misses);
  if (holds == 0 && misses == 0) return TrialVerdict::unclear;
  return holds >= 9 * misses ? TrialVerdict::holds : TrialVerdict::misses;
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

}  // namespace busmark
