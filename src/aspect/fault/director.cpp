// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/director.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <limits>
#include <utility>

#include "aspect/fault/result.hpp"
#include "engine/conductor.hpp"
#include "machine/probe/gap_probe.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr Nanoseconds kSlowPeriod = 10ms;
constexpr Nanoseconds kSlowStand = 9ms;

// What the handler reads. CLOCK_MONOTONIC, which is safe in a handler, in nanoseconds.
std::atomic<std::int64_t> stand_until{0};
std::atomic<const StopFlag*> stand_unless{nullptr};

/// Not one of the two that the C library keeps for itself.
int stand_signal() noexcept { return SIGRTMIN + 6; }

extern "C" void busmark_stand_still(int /*number*/) {
  const int before = errno;
  while (true) {
    const std::int64_t left = stand_until.load() - monotonic_now().count();
    const StopFlag* const stop = stand_unless.load();
    if (left <= 0 || stop == nullptr || stop->load()) break;
    const timespec slice{.tv_sec = 0, .tv_nsec = std::min<std::int64_t>(left, 5'000'000)};
    nanosleep(&slice, nullptr);
  }
  errno = before;
}

}  // namespace

FaultDirector::FaultDirector(const Fault& fault, Means means, const Clock& clock,
                             const Window& window, const StopFlag& stop)
    : fault_(fault),
      means_(std::move(means)),
      clock_(clock),
      next_(window.measure + clock.to_ticks(fault.at)) {
  if (!is_done_to_thread(fault.kind)) return;
  stand_unless.store(&stop);
  struct sigaction action {};
  action.sa_handler = &busmark_stand_still;
  action.sa_flags = SA_RESTART;
  sigaction(stand_signal(), &action, nullptr);
}

FaultDirector::~FaultDirector() {
  if (state_ == State::made) end();
  // The handler stays: a signal may still be on its way.
  stand_until.store(0);
  stand_unless.store(nullptr);
}

void FaultDirector::let_stand(Nanoseconds time) noexcept {
  stand_until.store((monotonic_now() + time).count());
  pthread_kill(means_.thread, stand_signal());
}

void FaultDirector::begin() {
  times_.begun = clock_.now();
  end_ = times_.begun + clock_.to_ticks(fault_.lasts);
  state_ = State::made;
  next_ = end_;
  if (fault_.kind == FaultKind::stall) {
    let_stand(fault_.lasts);
  } else if (!is_done_to_thread(fault_.kind)) {
    means_.begin(fault_.kind);
  }
  if (fault_.kind == FaultKind::slow) next_ = times_.begun;
  if (is_moment(fault_.kind)) end();
}

void FaultDirector::end() {
  times_.over = clock_.now();
  if (is_moment(fault_.kind)) times_.over = times_.begun;
  // A thread wakes by itself, and may be before us.
  if (fault_.kind == FaultKind::stall) times_.over = std::min(times_.over, end_);
  state_ = State::done;
  next_ = kNever;
  stand_until.store(0);
  if (!is_done_to_thread(fault_.kind) && !is_moment(fault_.kind)) means_.end(fault_.kind);
}

void FaultDirector::act() {
  const std::int64_t now = clock_.now();
  if (now < next_) return;
  if (state_ == State::waiting) return begin();
  if (now >= end_) return end();
  let_stand(kSlowStand);
  next_ = std::min(end_, now + clock_.to_ticks(kSlowPeriod));
}

std::optional<FaultTimes> FaultDirector::times() const noexcept {
  if (state_ != State::done) return std::nullopt;
  return times_;
}

namespace {

class FaultObserver final : public Observer {
 public:
  explicit FaultObserver(const RepetitionPlan& plan) : plan_(plan), fault_(*plan.scenario.fault) {}

  /// How soon all is well again is told to an interval.
  [[nodiscard]] Nanoseconds longest_interval() const override { return 20ms; }
  void window_agreed(Running& run) override {
    run_ = &run;
    const std::int64_t resolution = plan_.clock.to_ticks(fault_resolution(plan_.scenario));
    const std::int64_t from = run.raw.window.measure + plan_.clock.to_ticks(fault_.at);
    for (const auto& receiver : run.raw.receivers) receiver->silences.arm(resolution, from);
  }
  void window_fixed(const Window& window) override {
    if (is_done_to_payloads(fault_.kind)) return;
    // The first consumer is the one that stands still.
    FaultDirector::Means means{
        .begin = [run = run_](FaultKind kind) { run->workers.begin_fault(kind); },
        .end = [run = run_](FaultKind kind) { run->workers.end_fault(kind); },
        .thread = run_->first_consumer};
    director_.emplace(fault_, std::move(means), plan_.clock, window, run_->stop);
  }
  [[nodiscard]] std::int64_t next_tick() const override {
    return director_ ? director_->next() : kNever;
  }
  void tick() override { director_->act(); }
  void messages_over(Running& run) override {
    if (is_done_to_payloads(fault_.kind)) run.raw.fault = planned_times(plan_, run.raw.window);
    if (!director_) return;
    run.raw.fault = director_->times();
    director_.reset();  // undoes what is still done, while there is a transport
  }
  void finished(const RawRepetition& raw, RepetitionResult& result) override {
    if (!raw.fault) return;
    result.fault = assemble_fault(plan_, raw);
    if (result.fault->corrupt) result.fault->corrupt->found = result.counts.corrupt;
  }

 private:
  const RepetitionPlan& plan_;
  const Fault& fault_;
  Running* run_ = nullptr;
  std::optional<FaultDirector> director_;
};

}  // namespace

std::unique_ptr<Observer> observe_fault(const RepetitionPlan& plan) {
  if (!plan.scenario.fault) return nullptr;
  return std::make_unique<FaultObserver>(plan);
}

}  // namespace busmark
