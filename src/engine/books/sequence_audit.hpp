// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/books/audit_window.hpp"

namespace busmark {

/// The lowest and the highest of some sequence numbers, or a run of them.
struct SequenceSpan {
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t last = 0;
  void add(std::uint64_t number) noexcept {
    first = std::min(first, number);
    last = std::max(last, number);
  }
  void add(const SequenceSpan& other) noexcept {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
  [[nodiscard]] bool empty() const noexcept { return first > last; }
};

/// What became of the sequence numbers of one producer.
struct AuditCounts {
  std::uint64_t unique = 0;      ///< Sequence numbers of the range that arrived at least once.
  std::uint64_t earlier = 0;     ///< Those below the range.
  std::uint64_t never_sent = 0;  ///< Those above it: nobody sent them.
  std::uint64_t duplicated = 0;  ///< Arrivals beyond the first of a sequence number.
  std::uint64_t reordered = 0;   ///< First arrivals behind a higher number of the same producer.
  std::uint64_t too_late = 0;    ///< Behind the window: missing or duplicated, nobody can tell.
  SequenceSpan duplicates;
  SequenceSpan reorders;
};

/// One consumer's record of every sequence number it received: one bit each, so that loss,
/// duplicates and reordering are exact whatever the order. Written by the consumer's thread;
/// combined with the others' after it is joined. `observe` neither allocates nor faults.
///
/// In windows it keeps the cell it is at to itself and books it when it goes on to another one: a
/// message costs as much as without, and consumers of an audience meet once or twice in 32 of them.
class SequenceAudit {
 public:
  /// Room for sequence numbers below `limits[p]` of each producer p; all memory is touched here.
  explicit SequenceAudit(std::span<const std::uint64_t> limits)
      : SequenceAudit(limits, std::span<AuditWindow* const>()) {}
  /// The same in the windows of its audience, by producer, that must outlive it: for runs whose
  /// sequence numbers have no room. No windows: in memory of its own.
  SequenceAudit(std::span<const std::uint64_t> limits, std::span<AuditWindow* const> windows);

  /// Whether it is the first arrival of this number here.
  bool observe(std::uint32_t producer, std::uint64_t sequence) noexcept {
    if (producer >= records_.size()) [[unlikely]]
      return reject();
    Record& record = records_[producer];
    const bool has_room = sequence < record.room;
    if (!has_room && sequence / AuditWindow::kNumbersPerCell != record.open) [[unlikely]] {
      if (!open_cell(record, sequence)) return false;
    }
    std::uint64_t& word = has_room ? record.seen[sequence / 64] : record.open_bits;
    const std::uint64_t bit = std::uint64_t{1} << (sequence % 64);
    const bool first = (word & bit) == 0;
    if (first && sequence >= record.next) [[likely]] {
      record.next = sequence + 1;
    } else if (!first) {
      ++record.duplicated;  // a second copy is out of place, not out of order
      record.duplicates.add(sequence);
      record.next = std::max(record.next, sequence + 1);  // another consumer may have had the first
    } else {
      ++record.reordered;
      record.reorders.add(sequence);
    }
    word |= bit;
    return first;
  }
  void count_corrupt() noexcept { ++corrupt_; }
  /// Books in the windows what is kept back; now and then while nothing comes, and at the end.
  void settle() noexcept;
  /// Arrivals with an impossible producer or sequence number, or a wrong checksum.
  [[nodiscard]] std::uint64_t corrupt() const noexcept { return corrupt_; }
  /// Arrivals here that cannot be counted as the first of their sequence number, of all producers.
  [[nodiscard]] std::uint64_t duplicated() const noexcept {
    std::uint64_t sum = 0;
    for (const Record& record : records_) sum += record.duplicated + record.too_late;
    return sum;
  }

  /// What consumers that share the work of one audience (each message goes to one of them) received
  /// of `producer`, whose measured messages have the sequence numbers [`first`, `end`).
  [[nodiscard]] static AuditCounts combine(std::span<const SequenceAudit* const> audience,
                                           std::uint32_t producer, std::uint64_t first,
                                           std::uint64_t end);

  /// The runs of numbers in [`first`, `end`) that none of them received, in ascending order; no run
  /// where they have windows, which know only how many there are.
  [[nodiscard]] static std::vector<SequenceSpan> missing(
      std::span<const SequenceAudit* const> audience, std::uint32_t producer, std::uint64_t first,
      std::uint64_t end);

 private:
  static constexpr std::uint64_t kNoCell = std::numeric_limits<std::uint64_t>::max();

  struct Record {
    std::vector<std::uint64_t> seen;
    std::uint64_t room = 0;  ///< Numbers below have their bit in `seen`; none with a window.
    std::uint64_t next = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    SequenceSpan duplicates;
    SequenceSpan reorders;
    AuditWindow* window = nullptr;  ///< Not owned.
    std::uint64_t limit = 0;        ///< Nobody sends this number.
    AuditWindow::Closed closed{};   ///< What left the window by arrivals here.
    std::uint64_t too_late = 0;

    std::uint64_t open = kNoCell;  ///< The cell of the window that is kept here.
    std::uint64_t open_bits = 0;   ///< Its numbers, at their place among 64.
    std::uint64_t known_bits = 0;  ///< Those that the window has.
  };
  /// A number that nobody can have sent.
  bool reject() noexcept {
    ++corrupt_;
    return false;
  }
  /// Goes on to the cell of `sequence`; false where it cannot be booked, which is counted.
  [[gnu::noinline]] bool open_cell(Record& record, std::uint64_t sequence) noexcept;
  static void settle(Record& record) noexcept;
  static void add_windows(std::span<const SequenceAudit* const> audience, std::uint32_t producer,
                          std::uint64_t first, std::uint64_t end, AuditCounts& counts);

  std::vector<Record> records_;
  std::uint64_t corrupt_ = 0;
};

}  // namespace busmark
