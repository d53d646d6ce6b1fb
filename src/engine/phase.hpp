// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/clock.hpp"

#include "machine/window.hpp"

namespace busmark {

/// Written by one worker, read now and then by the reporter: a plain store on the worker's side.
struct alignas(kNoSharing) Progress {
  std::atomic<std::uint64_t> messages{0};
  void set(std::uint64_t count) noexcept { messages.store(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return messages.load(std::memory_order_relaxed);
  }
};

/// Holds all workers until the last one is ready, then lets them go with one window.
class StartGate {
 public:
  enum class State : std::uint32_t { closed, open, cancelled };

  /// Worker: says that it is ready (or has failed) and waits. True when the run starts.
  bool arrive_and_wait() noexcept;
  /// Main: waits until `workers` have arrived.
  void wait_for(std::uint32_t workers) noexcept;
  /// Main: publishes the window and opens.
  void open(const Window& window) noexcept;
  void cancel() noexcept;

  /// Worker, after arrive_and_wait returned true.
  [[nodiscard]] const Window& window() const noexcept { return window_; }

 private:
  std::atomic<std::uint32_t> arrived_{0};
  std::atomic<State> state_{State::closed};
  Window window_;
};

/// How the last producer tells the consumers that nothing more will come.
struct alignas(kNoSharing) ProductionEnd {
  std::atomic<std::uint32_t> producers_left{0};
  std::atomic<std::uint64_t> accepted{0};  ///< Messages that must arrive; final when none is left.

  void finish(std::uint64_t messages) noexcept {
    accepted.fetch_add(messages, std::memory_order_relaxed);  // ordered by the next line
    producers_left.fetch_sub(1, std::memory_order_acq_rel);   // pairs with the acquire in over()
  }
  [[nodiscard]] bool over() const noexcept {
    return producers_left.load(std::memory_order_acquire) == 0;
  }
};

/// Where the main thread brings the measured window forward while the workers run. Each of them has
/// a window of its own to read, so their loops cost what they cost with a fixed one.
class WindowBoard {
 public:
  /// Keeps the window of one worker up to date for as long as it lives. Made before the worker
  /// starts, for it allocates and locks.
  class Reader {
   public:
    Reader(WindowBoard& board, Window& own);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    WindowBoard& board_;
    Window* own_;
  };

  /// Before the workers start, and once they all have made their readers.
  void post(const Window& window);
  [[nodiscard]] Window window() const;

  /// Measuring begins `lead` ticks from now where that is earlier; what is behind it moves along.
  /// The lead is what lets each worker know of it before a message of the window is due. Returns
  /// false where half of it was over before all was said.
  bool bring_forward(const Clock& clock, std::int64_t lead);

 private:
  mutable std::mutex mutex_;
  Window window_;
  std::vector<Window*> readers_;
};

}  // namespace busmark
