// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/histogram/interval_recorder.hpp"

#include "engine/phase.hpp"
#include "record/repetition.hpp"

namespace busmark {

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

/// What one receiver keeps of the messages of the warm-up, for the rule that ends it.
struct WarmupSamples {
  IntervalRecorder<> response;
  /// Not inlined: it stands in the hot loops, on a path that the measured window never takes.
  void note(std::int64_t nanoseconds) noexcept;
};

}  // namespace busmark
