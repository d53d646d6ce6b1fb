// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "busmark/base/clock.hpp"

#include "engine/observer.hpp"
#include "engine/phase.hpp"
#include "engine/repetition_plan.hpp"
#include "record/load.hpp"

namespace busmark {

/// Makes the fault of a scenario at its time and undoes it, on the thread of the runner, which
/// sleeps in between. It knows no transport: it is given what to call. A thread that is to stand
/// still sleeps in the handler of a signal, so no loop has to look whether it should; that is over
/// at the latest when the run is stopped or this object goes. One at a time in a process.
class FaultDirector {
 public:
  struct Means {
    std::function<void(FaultKind)> begin;  ///< What is not done to a thread.
    std::function<void(FaultKind)> end;
    pthread_t thread{};  ///< Stands still.
  };

  FaultDirector(const Fault& fault, Means means, const Clock& clock, const Window& window,
                const StopFlag& stop);
  /// Undoes what is still done.
  ~FaultDirector();
  FaultDirector(const FaultDirector&) = delete;
  FaultDirector& operator=(const FaultDirector&) = delete;

  /// When act() has something to do, in ticks; the greatest number when it is all done.
  [[nodiscard]] std::int64_t next() const noexcept { return next_; }
  /// Does what is due.
  void act();
  /// Nothing before the fault is made and undone.
  [[nodiscard]] std::optional<FaultTimes> times() const noexcept;

 private:
  enum class State : std::uint8_t { waiting, made, done };

  void begin();
  void end();
  void let_stand(Nanoseconds time) noexcept;

  Fault fault_;
  Means means_;
  Clock clock_;
  State state_ = State::waiting;
  std::int64_t next_;
  std::int64_t end_ = 0;
  FaultTimes times_;
};

/// Makes the fault of the scenario, lets all receivers keep their silences and tells what it did;
/// null without a fault.
[[nodiscard]] std::unique_ptr<Observer> observe_fault(const RepetitionPlan& plan);

}  // namespace busmark
