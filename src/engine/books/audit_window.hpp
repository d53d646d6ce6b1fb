// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "record/message_flow.hpp"

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
  static constexpr std::uint64_t kNumbersPerCell = 32;

  /// Holds at least `numbers`, rounded up to a power of two. `shared`: more than one thread books.
  /// `first_measured`, which must outlive it, is the number at which the measured window begins:
  /// its producer sets it when it has sent that one, before then it is beyond all others.
  AuditWindow(std::uint64_t numbers, bool shared, const std::atomic<std::uint64_t>& first_measured);

  /// Arrived numbers that have left the window.
  struct Closed {
    std::uint64_t below = 0;     ///< Before the measured window.
    std::uint64_t measured = 0;  ///< From there on.
  };
  /// What of some numbers of one cell could not be booked as new.
  struct Rest {
    std::uint32_t again = 0;     ///< Had arrived already.
    std::uint32_t too_late = 0;  ///< Their cell is closed.
  };
  /// Which numbers of the cell of `sequence` have arrived, lowest first; none when it is closed.
  [[nodiscard]] std::optional<std::uint32_t> look(std::uint64_t sequence) const noexcept;
  /// Books the arrival of `numbers` of the cell of `sequence`, below 2^48. What leaves the window
  /// for it is added to `closed`. Neither allocates nor faults.
  Rest book(std::uint64_t sequence, std::uint32_t numbers, Closed& closed) noexcept;

  [[nodiscard]] bool shared() const noexcept { return shared_; }
  /// A number less than this behind the highest is never too late.
  [[nodiscard]] std::uint64_t reach() const noexcept { return reach_of(numbers_); }
  /// Of a window for `numbers`.
  [[nodiscard]] static std::uint64_t reach_of(std::uint64_t numbers) noexcept;

  /// Arrived numbers that the window still holds. After the threads are joined.
  struct Held {
    std::uint64_t below = 0;   ///< Of these, below the range.
    std::uint64_t inside = 0;  ///< Within it.
    std::uint64_t above = 0;   ///< Beyond it.
  };
  [[nodiscard]] Held count(std::uint64_t first, std::uint64_t end) const noexcept;

  /// Memory for `numbers`.
  [[nodiscard]] static double bytes(std::uint64_t numbers) noexcept;

 private:
  [[nodiscard]] std::uint64_t index_of(std::uint64_t sequence) const noexcept {
    return (sequence & (numbers_ - 1)) / kNumbersPerCell;
  }

  std::uint64_t numbers_;
  unsigned lap_shift_;  ///< Bits of a sequence number below its lap.
  bool shared_;
  std::vector<std::atomic<std::uint64_t>> cells_;  ///< Lap above, one bit per number below.
  const std::atomic<std::uint64_t>& first_measured_;
};

/// The windows of one repetition: one for each audience and each producer that owes it messages.
/// None where a bit for every message has room: at a rate, and not in a soak.
class AuditWindows {
 public:
  explicit AuditWindows(const Scenario& scenario);

  /// Those of `receiver`, by producer; null where it is owed nothing. Empty without windows.
  [[nodiscard]] std::span<AuditWindow* const> of(std::uint32_t receiver) const noexcept;
  /// Bytes that audits may have where nobody knows how many messages there will be.
  static constexpr std::uint64_t kBudget = std::uint64_t{256} << 20;

  /// Where `producer` tells them its first measured number.
  [[nodiscard]] std::atomic<std::uint64_t>* first_measured(std::uint32_t producer) noexcept {
    return &first_measured_[producer];
  }

  /// Whether messages are audited in windows: in a soak, and where nobody knows how many there will
  /// be. Not where a fault is made, which is to tell every number that is lost.
  [[nodiscard]] static bool used_by(const Scenario& scenario) noexcept;
  /// Numbers of one producer that a window of this scenario has room for: what is sent in ten
  /// seconds, but no more than 67 million and no more than fit into 256 MiB for all windows.
  [[nodiscard]] static std::uint64_t numbers(const Scenario& scenario);
  /// How many windows there are.
  [[nodiscard]] static std::uint64_t count(const Scenario& scenario) noexcept;

 private:
  std::vector<std::atomic<std::uint64_t>> first_measured_;
  std::vector<std::unique_ptr<AuditWindow>> windows_;
  std::vector<std::vector<AuditWindow*>> by_receiver_;
};

}  // namespace busmark
