// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "busmark/engine/message_flow.hpp"

namespace busmark {

/// Which sequence numbers of one producer an audience has received, over a run of any length in
/// memory of a fixed size. Numbers share cells as hours share a clock's face: each cell holds 32
/// successive numbers of one lap, and whoever brings the first number of a later lap closes the
/// cell: what it held is counted and cannot change any more. So arrivals are told apart exactly up
/// to `reach()` numbers behind the highest; one that comes later still meets a closed cell, and
/// whether it was missing there or comes a second time cannot be told any more.
///
/// Shared by the threads of an audience: one atomic word per cell, relaxed, for nothing but the
/// word itself is read before the threads are joined.
class AuditWindow {
 public:
  /// Holds at least `numbers`, rounded up to a power of two. `shared`: more than one thread books.
  AuditWindow(std::uint64_t numbers, bool shared);

  enum class Arrival : std::uint8_t { first, again, too_late };
  /// Books an arrival of `sequence`, below 2^48. To `closed` is added what has left the window for
  /// it: numbers of the second lap or later that had arrived. Neither allocates nor faults.
  Arrival observe(std::uint64_t sequence, std::uint64_t& closed) noexcept;

  /// A number less than this behind the highest is never too late.
  [[nodiscard]] std::uint64_t reach() const noexcept { return reach_of(numbers_); }
  /// Of a window for `numbers`.
  [[nodiscard]] static std::uint64_t reach_of(std::uint64_t numbers) noexcept;
  /// Numbers of the first lap: these are kept for ever.
  [[nodiscard]] std::uint64_t lap() const noexcept { return numbers_; }

  /// Arrived numbers that the window still holds, the whole first lap among them. After the threads
  /// are joined.
  struct Held {
    std::uint64_t below = 0;   ///< Of these, below the range.
    std::uint64_t inside = 0;  ///< Within it.
    std::uint64_t above = 0;   ///< Beyond it.
  };
  [[nodiscard]] Held count(std::uint64_t first, std::uint64_t end) const noexcept;

  /// Memory for `numbers`.
  [[nodiscard]] static double bytes(std::uint64_t numbers) noexcept;

 private:
  static constexpr std::uint64_t kNumbersPerCell = 32;

  std::uint64_t numbers_;
  unsigned lap_shift_;  ///< Bits of a sequence number below its lap.
  bool shared_;
  std::vector<std::atomic<std::uint64_t>> cells_;  ///< Lap above, one bit per number below.
  std::vector<std::uint32_t> first_lap_;           ///< Bits of cells that went on; one writer each.
};

/// The windows of one long repetition: one for each audience and each producer that owes it
/// messages. None at all for a scenario that is not a soak.
class AuditWindows {
 public:
  explicit AuditWindows(const Scenario& scenario);

  /// Those of `receiver`, by producer; null where it is owed nothing. Empty without windows.
  [[nodiscard]] std::span<AuditWindow* const> of(std::uint32_t receiver) const noexcept;

  /// Numbers of one producer that a window of this scenario has room for: all of the warm-up, and
  /// what is sent in ten seconds or 67 million, whichever is less.
  [[nodiscard]] static std::uint64_t numbers(const Scenario& scenario);
  /// How many windows there are.
  [[nodiscard]] static std::uint64_t count(const Scenario& scenario) noexcept;

 private:
  std::vector<std::unique_ptr<AuditWindow>> windows_;
  std::vector<std::vector<AuditWindow*>> by_receiver_;
};

}  // namespace busmark
