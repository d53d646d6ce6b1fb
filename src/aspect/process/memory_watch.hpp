// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "busmark/base/clock.hpp"

#include "engine/books/interval_collector.hpp"
#include "engine/phase.hpp"

namespace busmark {

/// Memory of the whole process in one repetition, bytes; what could not be read is empty.
struct MemoryResult {
  std::optional<std::uint64_t> before;  ///< RSS shortly before the measured window.
  std::optional<std::uint64_t> after;   ///< RSS when every receiver was done.
  std::optional<std::uint64_t> peak;    ///< The greatest between the two.
  std::uint64_t own = 0;  ///< Of `after`, what busmark has recorded meanwhile: its intervals.

  /// By how much the process grew, busmark's own recording left out; 0 where it shrank.
  [[nodiscard]] std::optional<std::uint64_t> growth() const noexcept;
  /// The same with it: what busmark records may also lie in memory that the process had before, so
  /// the truth is anywhere between the two.
  [[nodiscard]] std::optional<std::uint64_t> growth_at_most() const noexcept;
  bool operator==(const MemoryResult&) const = default;
};

/// Reads the memory of the process around the measured window, on the thread of the runner: exact
/// readings take the kernel a millisecond and more, so none is taken while it lasts.
class MemoryWatch {
 public:
  /// Before the window's begin, so that the reading is over by then. Where the warm-up is shorter
  /// it runs into the window.
  static constexpr Nanoseconds kAhead = std::chrono::milliseconds(20);

  /// Waits for that moment, or until all receivers are done, and reads.
  MemoryWatch(const Clock& clock, const Window& window, ReceiverCountdown& receivers);
  /// Reads again. `own`: see MemoryResult.
  [[nodiscard]] MemoryResult finish(std::uint64_t own) const;

 private:
  std::optional<std::uint64_t> before_;
  bool peak_is_ours_ = false;
};

}  // namespace busmark
