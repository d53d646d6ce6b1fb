// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/fault.hpp"
#include "record/repetition.hpp"

namespace busmark {

struct RawRepetition;
struct RepetitionPlan;
struct Window;
class ReceiverCountdown;
class StopFlag;
class WindowBoard;
class Workers;

/// The running repetition, as its observers see and touch it.
struct Running {
  const RepetitionPlan& plan;
  RawRepetition& raw;  ///< Threads and receivers at once, the window from window_agreed() on.
  ReceiverCountdown& receivers;
  const StopFlag& stop;
  WindowBoard& board;
  Workers& workers;
  pthread_t first_consumer{};
  ByteCount kept{};  ///< Of intervals and sections; known at messages_over().

  /// As WindowBoard::bring_forward().
  bool bring_forward(std::int64_t lead);
  /// The rest of the messages is not sent; nobody else hears of it.
  void call_off();
};

/// Watches one repetition for an aspect of its scenario, on the thread of the runner, which
/// measures nothing: the one socket between the engine and what stands above it. Nothing here is
/// per message; what is stands in the books. Several are asked in the order in which they were
/// made, and they are made anew for each repetition. What they throw ends it.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // Around the repetition, while none of its threads exists; only a runner calls these two.
  virtual void before() {}
  /// The last observer first. The result is complete but for what others add here.
  virtual void after(RepetitionResult& /*result*/) {}

  /// All measured threads wait at the gate; there is no window yet.
  virtual void threads_ready(Running& /*run*/) {}
  /// They still wait, and the window is known: books may be armed.
  virtual void window_agreed(Running& /*run*/) {}
  /// They are off. May wait, and bring the window forward.
  virtual void settle(Running& /*run*/) {}
  /// Nothing moves it any more. Called while the warm-up runs, so not the place to wait.
  virtual void window_fixed(const Window& /*window*/) {}
  /// May call the run off.
  virtual void interval_closed(const IntervalResult& /*interval*/, Running& /*run*/) {}
  /// When tick() is wanted between two intervals, in ticks: asked again and again.
  [[nodiscard]] virtual std::int64_t next_tick() const { return kNever; }
  virtual void tick() {}
  /// All receivers are done, or the run has failed; the threads may not have ended.
  virtual void messages_over(Running& /*run*/) {}
  /// The threads are joined and the books added up: write into the result.
  virtual void finished(const RawRepetition& /*raw*/, RepetitionResult& /*result*/) {}

  /// Intervals are to be no longer than that.
  [[nodiscard]] virtual Nanoseconds longest_interval() const { return Nanoseconds::max(); }

 protected:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
};

using Observers = std::vector<std::unique_ptr<Observer>>;

/// What the aspects of the plan's scenario make. The plan must outlive them. The engine knows no
/// aspect: aspect/all.cpp defines it.
[[nodiscard]] Observers make_observers(const RepetitionPlan& plan);

}  // namespace busmark
