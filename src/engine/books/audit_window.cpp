// SPDX-License-Identifier: Apache-2.0
#include "engine/books/audit_window.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>

#include "engine/repetition.hpp"

namespace busmark {
namespace {

constexpr unsigned kLapBits = 32;                                 // of a cell, its upper half
constexpr std::uint64_t kFewestNumbers = std::uint64_t{1} << 16;  // so that 2^48 has 2^32 laps

std::uint32_t bits_of(std::uint64_t cell) noexcept { return static_cast<std::uint32_t>(cell); }

std::uint64_t count_bits(std::uint32_t bits) noexcept {
  return static_cast<std::uint64_t>(std::popcount(bits));
}

/// Bits of the 32 numbers from `start` that lie below `end`.
std::uint32_t below(std::uint64_t start, std::uint64_t end) noexcept {
  if (end <= start) return 0;
  if (end - start >= 32) return ~std::uint32_t{0};
  return (std::uint32_t{1} << (end - start)) - 1;
}

std::uint64_t rounded(std::uint64_t numbers) noexcept {
  return std::bit_ceil(std::max(numbers, kFewestNumbers));
}

}  // namespace

AuditWindow::AuditWindow(std::uint64_t numbers, bool shared,
                         const std::atomic<std::uint64_t>& first_measured)
    : numbers_(rounded(numbers)),
      lap_shift_(static_cast<unsigned>(std::countr_zero(numbers_))),
      shared_(shared),
      cells_(numbers_ / kNumbersPerCell),
      first_measured_(first_measured) {}

std::optional<std::uint32_t> AuditWindow::look(std::uint64_t sequence) const noexcept {
  const std::uint64_t lap = sequence >> lap_shift_;
  const std::uint64_t cell = cells_[index_of(sequence)].load(std::memory_order_relaxed);
  const std::uint64_t held = cell >> kLapBits;
  if (held > lap) return std::nullopt;
  return held == lap ? bits_of(cell) : 0;
}

AuditWindow::Rest AuditWindow::book(std::uint64_t sequence, std::uint32_t numbers,
                                    Closed& closed) noexcept {
  const std::uint64_t index = index_of(sequence);
  const std::uint64_t lap = sequence >> lap_shift_;
  std::atomic<std::uint64_t>& cell = cells_[index];
  std::uint64_t old = cell.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t held = old >> kLapBits;
    if (held > lap) return {.again = 0, .too_late = numbers};
    const std::uint64_t next = (held == lap ? old : lap << kLapBits) | numbers;
    if (!shared_) {
      cell.store(next, std::memory_order_relaxed);
    } else if (!cell.compare_exchange_weak(old, next, std::memory_order_relaxed)) {
      continue;  // another consumer has written the cell: look again
    }
    if (held == lap) return {.again = bits_of(old) & numbers, .too_late = 0};
    // The producer has long told: a later lap comes a whole window behind its first measured one.
    const std::uint64_t start = (held << lap_shift_) + index * kNumbersPerCell;
    const std::uint32_t early =
        bits_of(old) & below(start, first_measured_.load(std::memory_order_relaxed));
    closed.below += count_bits(early);
    closed.measured += count_bits(bits_of(old) & ~early);
    return {};
  }
}

AuditWindow::Held AuditWindow::count(std::uint64_t first, std::uint64_t end) const noexcept {
  Held counts;
  const auto add = [&](std::uint64_t start, std::uint32_t bits) {
    const std::uint32_t known = bits & below(start, end);
    const std::uint32_t early = known & below(start, first);
    counts.below += count_bits(early);
    counts.inside += count_bits(known & ~early);
    counts.above += count_bits(bits & ~known);
  };
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const std::uint64_t cell = cells_[i].load(std::memory_order_relaxed);
    const std::uint64_t lap = cell >> kLapBits;
    const std::uint64_t start = i * kNumbersPerCell;
    add((lap << lap_shift_) + start, bits_of(cell));
  }
  return counts;
}

std::uint64_t AuditWindow::reach_of(std::uint64_t numbers) noexcept {
  return rounded(numbers) - kNumbersPerCell + 1;
}

double AuditWindow::bytes(std::uint64_t numbers) noexcept {
  return static_cast<double>(rounded(numbers)) / kNumbersPerCell * sizeof(std::uint64_t);
}

AuditWindows::AuditWindows(const Scenario& scenario) : first_measured_(scenario.producers) {
  for (auto& first : first_measured_) first = std::numeric_limits<std::uint64_t>::max();
  if (!used_by(scenario)) return;
  const MessageFlow flow(scenario);
  const std::uint64_t size = numbers(scenario);
  by_receiver_.resize(flow.receivers());
  for (std::uint32_t r = 0; r < flow.receivers(); ++r) {
    const MessageFlow::Range audience = flow.audience(r);
    if (audience.first != r) {
      by_receiver_[r] = by_receiver_[audience.first];
      continue;
    }
    for (std::uint32_t p = 0; p < flow.producers; ++p) {
      AuditWindow* window = nullptr;
      if (flow.owed(p, r)) {
        windows_.push_back(
            std::make_unique<AuditWindow>(size, audience.size() > 1, first_measured_[p]));
        window = windows_.back().get();
      }
      by_receiver_[r].push_back(window);
    }
  }
}

std::span<AuditWindow* const> AuditWindows::of(std::uint32_t receiver) const noexcept {
  if (by_receiver_.empty()) return {};
  return by_receiver_[receiver];
}

bool AuditWindows::used_by(const Scenario& scenario) noexcept {
  return scenario.soak || (!scenario.load.open_loop() && !scenario.fault);
}

std::uint64_t AuditWindows::numbers(const Scenario& scenario) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 26;
  constexpr std::uint64_t kPerByte = AuditWindow::kNumbersPerCell / sizeof(std::uint64_t);
  const std::uint64_t affordable = kBudget * kPerByte / count(scenario);
  std::uint64_t numbers = std::min(kMost, std::bit_floor(affordable));
  if (scenario.load.open_loop()) {
    Scenario part = scenario;
    part.warmup = Nanoseconds{0};
    part.duration = std::chrono::seconds(10);
    numbers = std::min(numbers, sequence_limits(part).front());
  }
  return numbers;
}

std::uint64_t AuditWindows::count(const Scenario& scenario) noexcept {
  const MessageFlow flow(scenario);
  std::uint64_t windows = 0;
  for (std::uint32_t r = 0; r < flow.receivers(); r = flow.audience(r).end) {
    for (std::uint32_t p = 0; p < flow.producers; ++p) windows += flow.owed(p, r) ? 1U : 0U;
  }
  return windows;
}

}  // namespace busmark
