// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

namespace busmark {

/// What the kernel has counted for one thread since it began.
struct ThreadCounts {
  Nanoseconds waited{};     ///< Able to run while its core ran something else.
  std::uint64_t turns = 0;  ///< How often it was given a core.
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
};

/// And for one core.
struct CoreCounts {
  std::optional<Nanoseconds> stolen;        ///< By the hypervisor, where it tells.
  std::optional<std::uint64_t> interrupts;  ///< Of all kinds but softirqs; where readable.
};

/// All counters that are watched, read between two moments.
struct KernelMoment {
  std::int64_t begin = 0;  ///< Ticks, as the next.
  std::int64_t end = 0;
  std::uint64_t pauses = 0;  ///< As process_pauses().
  /// Nothing of a thread that cannot be read; of one that has ended, what was read last.
  std::vector<std::optional<ThreadCounts>> threads;  ///< As they were named, like the cores.
  std::vector<CoreCounts> cores;
};

/// The counts of `/proc/<pid>/task/<tid>/schedstat` and `.../stat`. Nothing where the text is none
/// such. Source: proc(5), Linux Documentation/scheduler/sched-stats.rst.
[[nodiscard]] std::optional<ThreadCounts> parse_thread_counts(const std::string& schedstat,
                                                              const std::string& stat);

/// Reads the kernel's counters of some threads and cores again and again on a thread of its own,
/// which inherits the cores of the one that starts it. Costs that core some 0.2 ms for each
/// reading, which is why nothing is read unless a tail is to be explained. Throws std::system_error
/// when no thread can be had.
class KernelWatch {
 public:
  /// Finer than this the kernel does not count stolen time.
  static constexpr Nanoseconds kPeriod = std::chrono::milliseconds(10);
  /// Readings kept, and counts of threads in all of them; a run for which that is not enough is
  /// read less often.
  static constexpr std::int64_t kMostMoments = 20'000;
  static constexpr std::int64_t kMostCounts = 1'000'000;

  /// `length`: how long it is going to last, about.
  KernelWatch(const Clock& clock, std::vector<pid_t> threads, std::vector<CpuId> cores,
              Nanoseconds length);
  ~KernelWatch();
  KernelWatch(const KernelWatch&) = delete;
  KernelWatch& operator=(const KernelWatch&) = delete;

  /// Reads once more, ends and hands over all readings, in order of time.
  [[nodiscard]] std::vector<KernelMoment> finish();

 private:
  void read();
  void watch();

  Clock clock_;
  std::vector<pid_t> threads_;
  std::vector<CpuId> cores_;
  Nanoseconds period_;
  std::vector<KernelMoment> moments_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;  ///< Under the mutex.
  std::thread watcher_;
};

}  // namespace busmark
