// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "busmark/base/clock.hpp"

#include "engine/live_progress.hpp"
#include "machine/perf_counters.hpp"

namespace busmark {

/// What was counted of one thread, by PerfEvent; empty where it could not be.
using ThreadIncrease = std::array<std::optional<CounterIncrease>, kPerfEvents>;

/// One measured window: when it was, whose it was, and what was counted in it.
struct CountedWindow {
  Nanoseconds begin{};  ///< CLOCK_MONOTONIC, as the next; as far as it went.
  Nanoseconds end{};
  std::vector<pid_t> threads;  ///< Producers first.
  Nanoseconds counted{};       ///< Between the two readings, about its length.
  std::uint64_t messages = 0;  ///< Received meanwhile; a copy of one counts as a part of it.
  std::vector<ThreadIncrease> counts;  ///< By thread; empty where none were asked for.
  /// Why an event is missing, by PerfEvent; of the first thread that lacks it.
  std::array<std::string, kPerfEvents> problems;
  bool user_only = false;  ///< What the kernel did for a thread is left out.
};

/// Notes each measured window in the kernel's time, by which perf stamps its samples, and counts
/// what its threads do, per thread, on a thread of its own that sleeps between the two readings.
class WindowCounters final : public WindowObserver {
 public:
  /// `counts`: false: only when and whose.
  WindowCounters(const Clock& clock, bool counts) : clock_(clock), counts_(counts) {}
  ~WindowCounters() override;
  WindowCounters(const WindowCounters&) = delete;
  WindowCounters& operator=(const WindowCounters&) = delete;

  void threads_ready(std::span<const pid_t> threads) override;
  void window_agreed(const Window& window, std::span<const Progress> receivers,
                     std::uint32_t copies) override;
  void repetition_over() override;

  /// Of each repetition that came to measuring.
  [[nodiscard]] const std::vector<CountedWindow>& windows() const noexcept { return windows_; }

 private:
  /// One moment in both times.
  struct Anchor {
    std::int64_t ticks = 0;
    Nanoseconds monotonic{};
  };
  struct Reading {
    std::int64_t ticks = 0;
    std::uint64_t messages = 0;
    std::vector<ThreadCounters::Readings> threads;
  };

  [[nodiscard]] Anchor anchor() const noexcept;
  [[nodiscard]] Reading read() const;
  void watch();
  /// Sleeps until then; false where the repetition was over before.
  bool sleep_until(std::int64_t ticks);
  void compare(CountedWindow& window) const;

  Clock clock_;
  bool counts_;
  std::vector<pid_t> threads_;
  std::vector<ThreadCounters> counters_;
  Window window_;
  std::span<const Progress> receivers_;
  std::uint32_t copies_ = 1;
  Anchor begun_;
  std::optional<Reading> first_;  ///< Written by the watcher, read when it has ended.
  std::optional<Reading> last_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;  ///< Under the mutex.
  std::thread watcher_;
  std::vector<CountedWindow> windows_;
};

}  // namespace busmark
