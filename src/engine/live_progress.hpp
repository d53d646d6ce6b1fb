// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>

#include "busmark/base/clock.hpp"

#include "engine/phase.hpp"

namespace busmark {

struct IntervalResult;
struct RunResult;

/// What a reporter shows of a run in progress.
struct ProgressSnapshot {
  std::string scenario;
  std::uint32_t position = 0;  ///< 1-based among `scenarios`.
  std::uint32_t scenarios = 0;
  std::uint32_t repetition = 0;  ///< 1-based.
  std::uint32_t repetitions = 0;
  std::string phase;           ///< `set-up`, `warm-up`, `measure`, `drain`.
  Nanoseconds elapsed{};       ///< Of the whole run.
  Nanoseconds planned{};       ///< Of the whole run.
  std::uint64_t received = 0;  ///< Messages of the running repetition.
};

/// Sees the measured window of each repetition from the thread of the runner, which measures
/// nothing.
class WindowObserver {
 public:
  virtual ~WindowObserver() = default;
  /// All measured threads, producers first, wait for the start.
  virtual void threads_ready(std::span<const pid_t> threads) = 0;
  /// They are off. `receivers`, of which `copies` get each message, is valid until the next call.
  virtual void window_agreed(const Window& window, std::span<const Progress> receivers,
                             std::uint32_t copies) = 0;
  /// The threads have ended, or there was no window.
  virtual void repetition_over() = 0;
};

/// Where the engine says how far it is. Any thread may take a snapshot at any time; the measured
/// threads only store to their own Progress and never wait for the reader.
class LiveProgress {
 public:
  explicit LiveProgress(const Clock& clock) : clock_(clock), start_(clock.now()) {}

  /// `callback` runs on the thread of the runner at the start of every repetition, while no message
  /// flows: the one moment to print on a machine whose cores are all measured. Set before the run.
  void on_pause(std::function<void()> callback) { on_pause_ = std::move(callback); }

  /// `observer` sees every interval of the measured windows, on the thread of the runner, which
  /// measures nothing. Set before the run, as the next.
  void on_interval(std::function<void(const IntervalResult&)> observer) {
    on_interval_ = std::move(observer);
  }
  [[nodiscard]] const std::function<void(const IntervalResult&)>& interval_observer() const {
    return on_interval_;
  }
  /// `observer` sees the run after each scenario, the last of which has just ended.
  void on_scenario(std::function<void(const RunResult&)> observer) {
    on_scenario_ = std::move(observer);
  }

  /// Null: nobody. It must outlive the repetitions.
  void observe_windows(WindowObserver* observer) { observer_ = observer; }

  void begin_run(std::uint32_t scenarios, Nanoseconds planned);
  void begin_scenario(const std::string& name, std::uint32_t position, std::uint32_t repetitions);
  void begin_repetition(std::uint32_t repetition);
  /// There are to be so many in all.
  void expect_repetitions(std::uint32_t repetitions);
  /// The threads of the repetition, producers first, wait at the gate.
  void threads_ready(std::span<const pid_t> threads) {
    if (observer_ != nullptr) observer_->threads_ready(threads);
  }
  /// `consumers` must stay valid until end_repetition().
  /// `copies`: how many of them receive each message.
  void begin_window(std::span<const Progress> consumers, const Window& window,
                    std::uint32_t copies = 1);
  /// The same to whoever looks, but not to the observer: the window may still come earlier.
  void show_window(std::span<const Progress> consumers, const Window& window, std::uint32_t copies);
  void end_repetition();
  void end_scenario(const RunResult& so_far) const {
    if (on_scenario_) on_scenario_(so_far);
  }

  [[nodiscard]] ProgressSnapshot snapshot() const;

 private:
  mutable std::mutex mutex_;
  Clock clock_;
  std::int64_t start_;
  std::function<void()> on_pause_;
  std::function<void(const IntervalResult&)> on_interval_;
  std::function<void(const RunResult&)> on_scenario_;
  WindowObserver* observer_ = nullptr;
  ProgressSnapshot state_;
  std::span<const Progress> consumers_;
  Window window_;
  std::uint32_t copies_ = 1;
};

}  // namespace busmark
