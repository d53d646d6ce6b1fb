// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "busmark/core/units.hpp"
#include "busmark/engine/live_progress.hpp"

namespace busmark {

/// Shows on standard error how far a run is: one line that is rewritten on a terminal, a plain line
/// every five seconds elsewhere. A thread of its own prints, on none of the measured cores; where
/// no other core is left there is no thread, and lines appear between repetitions only.
class LiveLine {
 public:
  /// `measured` are all cores of the plan. Hooks itself into `progress`; the run starts later.
  LiveLine(LiveProgress& progress, const std::vector<CpuId>& measured);
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

 private:
  void print_periodically(CpuId core);
  void show();

  LiveProgress& progress_;
  bool terminal_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::uint64_t last_received_ = 0;
  Nanoseconds last_elapsed_{};
  std::thread thread_;
};

/// One line of progress: `[2/8] ring  measure  rep 1/3  990k/s  12 s of about 40 s`.
[[nodiscard]] std::string progress_text(const ProgressSnapshot& snapshot, double rate);

}  // namespace busmark
