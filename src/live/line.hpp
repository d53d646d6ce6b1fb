// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "busmark/base/units.hpp"

#include "engine/live_progress.hpp"

namespace busmark {

/// Shows on standard error how far a run is: one line that is rewritten on a terminal, a plain line
/// every five seconds elsewhere (TERM=dumb included). A thread of its own prints, on none of the
/// measured cores; where no other core is left there is no thread, and lines appear between
/// repetitions only.
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
  ProgressSnapshot last_;
  Nanoseconds last_line_{};
  std::thread thread_;
};

/// Messages per second from one snapshot to a later one; 0 where they belong to two repetitions.
[[nodiscard]] double rate_between(const ProgressSnapshot& before, const ProgressSnapshot& after);

/// One line of progress: `[2/8] ring  2/3 measure  990k/s  0:12, about 0:28 left`. A line longer
/// than `width` columns loses the front of the scenario's name, as its end tells sweeps apart.
[[nodiscard]] std::string progress_text(const ProgressSnapshot& snapshot, double rate,
                                        std::size_t width);

}  // namespace busmark
