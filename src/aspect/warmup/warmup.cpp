// SPDX-License-Identifier: Apache-2.0
#include "aspect/warmup/warmup.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "aspect/warmup/steady_state.hpp"
#include "engine/repetition_plan.hpp"
#include "record/message_flow.hpp"

namespace busmark {
namespace {

/// A store is seen by other cores within a microsecond. What takes longer is the kernel, which may
/// take the main thread off its core between looking at the clock and telling.
constexpr Nanoseconds kLead = std::chrono::milliseconds(20);

/// `moved by 3 %, at most 7 %`.
std::string describe(const Trend& trend) {
  std::string text = fmt::format("moved by {:.2g} %", trend.moved * 100);
  if (std::isfinite(trend.most)) text += fmt::format(", at most {:.2g} %,", trend.most * 100);
  if (trend.jump >= SteadyState::kLimit) {
    text += fmt::format(" with a jump by {:.2g} %", trend.jump * 100);
  }
  return text;
}

/// Not seen to move or jump, and not seen to stand either.
bool hidden(const std::optional<Trend>& trend) {
  constexpr double kLimit = SteadyState::kLimit;
  return trend && trend->most >= kLimit && trend->moved < kLimit && trend->jump < kLimit;
}

/// `p50 moved by 3 %, at most 7 %, over the last 40 windows`.
std::string describe(const SteadyState& state) {
  const std::optional<Trend> median = state.median_trend();
  if (!median)
    return fmt::format("{} of {} windows had come", state.windows(), state.kFewestWindows);
  std::string text = "p50 " + describe(*median);
  if (state.with_rate()) text += " and the rate " + describe(*state.rate_trend());
  text += fmt::format(" over the last {} windows", median->windows);
  if (hidden(median) || (state.with_rate() && hidden(state.rate_trend()))) {
    text += "; their scatter hides whether it still moves";
  }
  return text;
}

/// Gathers what the final receivers note until it makes a window.
class Windows {
 public:
  Windows(const RepetitionPlan& plan, const RawRepetition& raw)
      : clock_(plan.clock), start_(raw.window.start), began_(start_) {
    const MessageFlow::Range final = MessageFlow(plan.scenario).final_receivers();
    for (std::uint32_t r = final.first; r < final.end; ++r) {
      samples_.push_back(&raw.receivers[r]->warmup->response);
    }
  }

  /// Takes what there is, once it is enough. Returns whether the level is steady with it.
  bool steady(SteadyState& state) {
    collect();
    const std::uint64_t count = gathered_.total();
    if (count < SteadyState::kFewestSamples) return false;
    const std::int64_t now = clock_.now();
    const double seconds = in_seconds(clock_.duration(now - began_));
    const auto p50 = static_cast<double>(gathered_.value_at(Percentile{500'000}));
    gathered_.reset();
    began_ = now;
    return state.add(clock_.duration(now - start_), p50, static_cast<double>(count) / seconds);
  }

 private:
  /// A receiver to which nothing comes answers the next time.
  void collect() {
    for (IntervalRecorder<>* one : samples_) one->request();
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 200'000};
    nanosleep(&kPause, nullptr);
    for (IntervalRecorder<>* one : samples_) {
      if (const Histogram* noted = one->try_collect()) gathered_.merge(*noted);
    }
  }

  Clock clock_;
  std::int64_t start_;
  std::int64_t began_;
  std::vector<IntervalRecorder<>*> samples_;
  Histogram gathered_;
};

class WarmupObserver final : public Observer {
 public:
  explicit WarmupObserver(const RepetitionPlan& plan) : plan_(plan) {}

  void window_agreed(Running& run) override {
    const MessageFlow::Range final = MessageFlow(plan_.scenario).final_receivers();
    for (std::uint32_t r = final.first; r < final.end; ++r) {
      run.raw.receivers[r]->warmup = std::make_unique<WarmupSamples>();
    }
  }
  void settle(Running& run) override;
  void finished(const RawRepetition& /*raw*/, RepetitionResult& result) override {
    result.warmup = std::move(result_);
  }

 private:
  const RepetitionPlan& plan_;
  WarmupResult result_;
};

/// Waits until the warm-up is steady, or over, and brings the window forward then. Returns early
/// when it is stopped or a thread has failed.
void WarmupObserver::settle(Running& run) {
  const Clock& clock = plan_.clock;
  const std::int64_t start = run.raw.window.start;
  const std::int64_t lead = clock.to_ticks(kLead);
  const std::int64_t last_look = run.raw.window.measure - lead;
  const std::int64_t period = clock.to_ticks(SteadyState::kWindow);
  result_.limit = plan_.scenario.warmup;
  SteadyState state(!plan_.scenario.load.open_loop());
  Windows windows(plan_, run.raw);
  std::int64_t next = start + period;
  while (!run.receivers.over() && !run.stop.load()) {
    const std::int64_t now = clock.now();
    const std::int64_t until = std::min(next, last_look);
    if (now < until) {
      run.receivers.wait(clock.duration(until - now));
      continue;
    }
    if (now >= last_look) {
      result_.steady = state.steady();
      break;
    }
    next = now + period;
    if (!windows.steady(state)) continue;
    result_.steady = true;
    result_.told_late = !run.bring_forward(lead);
    break;
  }
  result_.found = describe(state);
  result_.length = result_.limit;
  if (result_.steady) result_.length = clock.duration(run.raw.window.measure - start);
  if (run.stop.load()) {
    const std::int64_t lasted = std::max<std::int64_t>(clock.now() - start, 0);
    result_.length = std::min(result_.length, clock.duration(lasted));
  }
}

}  // namespace

std::unique_ptr<Observer> observe_warmup(const RepetitionPlan& plan) {
  if (!plan.scenario.warmup_ends_steady) return nullptr;
  return std::make_unique<WarmupObserver>(plan);
}

}  // namespace busmark
