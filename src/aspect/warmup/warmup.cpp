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

}  // namespace

WindowBoard::Reader::Reader(WindowBoard& board, Window& own) : board_(board), own_(&own) {
  const std::scoped_lock lock(board_.mutex_);
  *own_ = board_.window_;
  board_.readers_.push_back(own_);
}

WindowBoard::Reader::~Reader() {
  const std::scoped_lock lock(board_.mutex_);
  std::erase(board_.readers_, own_);
}

void WindowBoard::post(const Window& window) {
  const std::scoped_lock lock(mutex_);
  window_ = window;
  for (Window* own : readers_) *own = window_;
}

Window WindowBoard::window() const {
  const std::scoped_lock lock(mutex_);
  return window_;
}

bool WindowBoard::bring_forward(const Clock& clock, std::int64_t lead) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now = clock.now();
  const std::int64_t earlier = window_.measure - (now + lead);
  if (earlier <= 0) return true;
  for (Moment* moment : {&window_.measure, &window_.end, &window_.give_up}) {
    *moment = *moment - earlier;
  }
  // Until the window begins nobody minds of which part he hears first.
  for (Window* own : readers_) *own = window_;
  return clock.now() - now < lead / 2;
}

void WarmupSamples::note(std::int64_t nanoseconds) noexcept {
  response.record(static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)));
}

void arm_warmup(const RepetitionPlan& plan, const RawRepetition& raw) {
  const MessageFlow::Range final = MessageFlow(plan.scenario).final_receivers();
  for (std::uint32_t r = final.first; r < final.end; ++r) {
    raw.receivers[r]->warmup = std::make_unique<WarmupSamples>();
  }
}

void settle_warmup(const RepetitionPlan& plan, RawRepetition& raw, WindowBoard& board,
                   ReceiverCountdown& receivers, const StopFlag& stop) {
  const Clock& clock = plan.clock;
  const std::int64_t lead = clock.to_ticks(kLead);
  const std::int64_t last_look = raw.window.measure - lead;
  const std::int64_t period = clock.to_ticks(SteadyState::kWindow);
  WarmupResult result;
  result.limit = plan.scenario.warmup;
  SteadyState state(!plan.scenario.load.open_loop());
  Windows windows(plan, raw);
  std::int64_t next = raw.window.start + period;
  while (!receivers.over() && !stop.load()) {
    const std::int64_t now = clock.now();
    const std::int64_t until = std::min(next, last_look);
    if (now < until) {
      receivers.wait(clock.duration(until - now));
      continue;
    }
    if (now >= last_look) {
      result.steady = state.steady();
      break;
    }
    next = now + period;
    if (!windows.steady(state)) continue;
    result.steady = true;
    result.told_late = !board.bring_forward(clock, lead);
    break;
  }
  result.found = describe(state);
  raw.window = board.window();
  result.length = result.limit;
  if (result.steady) result.length = clock.duration(raw.window.measure - raw.window.start);
  if (stop.load()) {
    const std::int64_t lasted = std::max<std::int64_t>(clock.now() - raw.window.start, 0);
    result.length = std::min(result.length, clock.duration(lasted));
  }
  raw.warmup = std::move(result);
}

}  // namespace busmark
