// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/base/wait.hpp"

#include "machine/affinity.hpp"
#include "machine/process_tuning.hpp"

namespace busmark {

/// Makes the calling thread a measured one: name, core (verified), timer slack, stack touched and,
/// if asked, real-time priority. Throws SetupError when the core cannot be had; every other step is
/// reported as done or why not, and the thread goes on without it. Lives as long as the worker.
class ThreadSetup {
 public:
  /// A thread that does not park never sleeps, and so cannot have real-time priority while the
  /// kernel keeps a real-time budget.
  ThreadSetup(std::string_view role, std::uint32_t index, CpuId cpu, bool realtime,
              WaitStrategy wait);

  [[nodiscard]] const std::vector<TuningStep>& steps() const noexcept { return steps_; }

 private:
  std::vector<TuningStep> steps_;
  std::optional<RealtimePriority> realtime_;
};

/// What the kernel would let this process do now.
struct CoresNow {
  std::vector<CpuId> online;
  std::vector<CpuId> reachable;  ///< Of its cpuset and online.
};

/// Why a thread is no longer where it was pinned, with its name. The kernel drops pins without a
/// word: to a cpuset that has shrunk, off a core that went offline, and to whoever calls
/// sched_setaffinity(2). Source: cpuset(7), kernel/sched/core.c select_fallback_rq().
[[nodiscard]] std::string why_moved(const std::string& thread, CpuId pin,
                                    const std::vector<CpuId>& allowed, CpuId cpu,
                                    const CoresNow& now);

/// The same of all threads of a repetition, in one sentence; empty while all have kept their cores.
[[nodiscard]] std::string moved_threads(const std::vector<WitnessedPin>& pins);

}  // namespace busmark
