// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "busmark/base/units.hpp"

#include "engine/observer.hpp"
#include "record/repetition.hpp"

namespace busmark {

/// Reads the memory of the process around the measured window, on the thread of the runner: exact
/// readings take the kernel a millisecond and more, so none is taken while it lasts.
class MemoryWatch {
 public:
  /// Before the window's begin, so that the reading is over by then. Where the warm-up is shorter
  /// it runs into the window.
  static constexpr Nanoseconds kAhead = std::chrono::milliseconds(20);

  /// Reads.
  MemoryWatch();
  /// Reads again. `own`: see MemoryResult.
  [[nodiscard]] MemoryResult finish(std::uint64_t own) const;

 private:
  std::optional<std::uint64_t> before_;
  bool peak_is_ours_ = false;
};

/// Watches the memory where a budget asks for it; null where none does.
[[nodiscard]] std::unique_ptr<Observer> observe_memory(const RepetitionPlan& plan);

}  // namespace busmark
