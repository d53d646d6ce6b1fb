// SPDX-License-Identifier: Apache-2.0
#include "engine/books/sequence_audit.hpp"

#include <algorithm>
#include <bit>

namespace busmark {
namespace {

/// Where the numbers of a cell stand among 64.
unsigned shift_of(std::uint64_t cell) noexcept {
  return static_cast<unsigned>(cell * AuditWindow::kNumbersPerCell % 64);
}

/// The bits of word `index` that stand for numbers in [first, end).
std::uint64_t range_mask(std::uint64_t index, std::uint64_t first, std::uint64_t end) noexcept {
  const std::uint64_t start = index * 64;
  std::uint64_t mask = ~std::uint64_t{0};
  if (first > start) mask &= first - start >= 64 ? 0 : ~std::uint64_t{0} << (first - start);
  if (end < start + 64) mask &= end <= start ? 0 : ~std::uint64_t{0} >> (64 - (end - start));
  return mask;
}

}  // namespace

SequenceAudit::SequenceAudit(std::span<const std::uint64_t> limits,
                             std::span<AuditWindow* const> windows)
    : records_(limits.size()) {
  for (std::size_t p = 0; p < limits.size(); ++p) {
    records_[p].limit = limits[p];
    if (windows.empty()) {
      records_[p].seen.assign((limits[p] + 63) / 64, 0);
      records_[p].room = limits[p];
    } else {
      records_[p].window = windows[p];
    }
  }
}

bool SequenceAudit::open_cell(Record& record, std::uint64_t sequence) noexcept {
  if (sequence >= record.limit || record.window == nullptr) return reject();
  settle(record);
  const std::optional<std::uint32_t> known = record.window->look(sequence);
  if (!known) {
    ++record.too_late;
    return false;
  }
  record.open = sequence / AuditWindow::kNumbersPerCell;
  record.open_bits = std::uint64_t{*known} << shift_of(record.open);
  record.known_bits = record.open_bits;
  return true;
}

void SequenceAudit::settle(Record& record) noexcept {
  if (record.open == kNoCell) return;
  const std::uint64_t start = record.open * AuditWindow::kNumbersPerCell;
  const auto fresh =
      static_cast<std::uint32_t>((record.open_bits ^ record.known_bits) >> shift_of(record.open));
  record.open = kNoCell;
  const AuditWindow::Rest rest = record.window->book(start, fresh, record.closed);
  record.too_late += static_cast<std::uint64_t>(std::popcount(rest.too_late));
  record.duplicated += static_cast<std::uint64_t>(std::popcount(rest.again));
  if (rest.again == 0) return;
  record.duplicates.add(start + static_cast<std::uint64_t>(std::countr_zero(rest.again)));
  record.duplicates.add(start + 31 - static_cast<std::uint64_t>(std::countl_zero(rest.again)));
}

void SequenceAudit::settle() noexcept {
  for (Record& record : records_) settle(record);
}

void SequenceAudit::add_windows(std::span<const SequenceAudit* const> audience,
                                std::uint32_t producer, std::uint64_t first, std::uint64_t end,
                                AuditCounts& counts) {
  const AuditWindow* const window = audience.front()->records_[producer].window;
  if (window == nullptr) return;
  const AuditWindow::Held held = window->count(first, end);
  AuditWindow::Closed closed;
  for (const SequenceAudit* audit : audience) {
    closed.below += audit->records_[producer].closed.below;
    closed.measured += audit->records_[producer].closed.measured;
  }
  // What has left the window lies before the end. Impossible numbers that came first and went could
  // be too many, so they are kept apart.
  const std::uint64_t room = end - std::min(end, first) - held.inside;
  counts.unique = held.inside + std::min(closed.measured, room);
  counts.earlier = held.below + closed.below;
  counts.never_sent = held.above + closed.measured - std::min(closed.measured, room);
}

AuditCounts SequenceAudit::combine(std::span<const SequenceAudit* const> audience,
                                   std::uint32_t producer, std::uint64_t first, std::uint64_t end) {
  AuditCounts counts;
  if (audience.empty()) return counts;
  add_windows(audience, producer, first, end, counts);
  const std::size_t words = audience.front()->records_[producer].seen.size();
  for (std::uint64_t word = 0; word < words; ++word) {
    std::uint64_t united = 0;
    for (const SequenceAudit* audit : audience) {
      const std::uint64_t seen = audit->records_[producer].seen[word];
      const std::uint64_t twice = united & seen;
      counts.duplicated += static_cast<std::uint64_t>(std::popcount(twice));
      if (twice != 0) {
        counts.duplicates.add(word * 64 + static_cast<std::uint64_t>(std::countr_zero(twice)));
        counts.duplicates.add(word * 64 + 63 - static_cast<std::uint64_t>(std::countl_zero(twice)));
      }
      united |= seen;
    }
    const std::uint64_t known = united & range_mask(word, 0, end);
    const std::uint64_t measured = united & range_mask(word, first, end);
    counts.unique += static_cast<std::uint64_t>(std::popcount(measured));
    counts.earlier += static_cast<std::uint64_t>(std::popcount(known & ~measured));
    counts.never_sent += static_cast<std::uint64_t>(std::popcount(united & ~known));
  }
  for (const SequenceAudit* audit : audience) {
    const Record& record = audit->records_[producer];
    counts.duplicated += record.duplicated;
    counts.reordered += record.reordered;
    counts.too_late += record.too_late;
    counts.duplicates.add(record.duplicates);
    counts.reorders.add(record.reorders);
  }
  return counts;
}

std::vector<SequenceSpan> SequenceAudit::missing(std::span<const SequenceAudit* const> audience,
                                                 std::uint32_t producer, std::uint64_t first,
                                                 std::uint64_t end) {
  std::vector<SequenceSpan> runs;
  if (audience.empty() || audience.front()->records_[producer].window != nullptr) return runs;
  std::uint64_t number = first;
  while (number < end) {
    const std::uint64_t word = number / 64;
    std::uint64_t unseen = range_mask(word, number, end);
    for (const SequenceAudit* audit : audience) unseen &= ~audit->records_[producer].seen[word];
    if (unseen == 0) {
      number = (word + 1) * 64;
      continue;
    }
    number = word * 64 + static_cast<std::uint64_t>(std::countr_zero(unseen));
    if (runs.empty() || runs.back().last + 1 != number) runs.push_back({number, number});
    runs.back().last = number;
    ++number;
  }
  return runs;
}

}  // namespace busmark
