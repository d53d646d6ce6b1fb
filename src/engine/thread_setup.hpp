// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/base/wait.hpp"

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

}  // namespace busmark
