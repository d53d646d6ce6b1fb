// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace busmark {

/// A moment in clock ticks that another thread may move while it is still far off: a plain load and
/// a plain store, in no order with anything else.
class Moment {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): it is a number of ticks.
  constexpr Moment(std::int64_t ticks = 0) noexcept : ticks_(ticks) {}
  Moment(const Moment& other) noexcept : ticks_(std::int64_t{other}) {}
  Moment& operator=(const Moment& other) noexcept { return *this = std::int64_t{other}; }
  Moment& operator=(std::int64_t ticks) noexcept {
    ticks_.store(ticks, std::memory_order_relaxed);
    return *this;
  }
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator std::int64_t() const noexcept { return ticks_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> ticks_;
};

/// The phases of one repetition in clock ticks. A message belongs to the phase in which it is due,
/// so no thread has to be told that a phase has changed.
struct Window {
  Moment start;    ///< Warm-up begins: first due time.
  Moment measure;  ///< Measuring begins. What follows may still come earlier in the warm-up.
  Moment end;      ///< No message is due from here on; what is late is still sent.
  Moment give_up;  ///< Deadline of the drain.

  [[nodiscard]] bool measured(std::int64_t due) const noexcept { return due >= measure; }
};

/// Raised: producers stop at the next message, consumers drain. The signal handler raises it for
/// good; a repetition that need not go on calls off its own messages and takes that back when its
/// threads have ended, so nobody else sees it.
class StopFlag {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): it reads like the atomic that it is.
  constexpr StopFlag(bool raised = false) noexcept : why_(raised ? kRaised : 0) {}

  /// Whether to stop, for either reason.
  [[nodiscard]] bool load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
    return why_.load(order) != 0;
  }
  /// Whether it was raised, whatever was called off.
  [[nodiscard]] bool raised() const noexcept { return (why_.load() & kRaised) != 0; }
  void store(bool raised) noexcept { why_.store(raised ? kRaised : 0); }
  StopFlag& operator=(bool raised) noexcept {
    store(raised);
    return *this;
  }
  /// Raises it; returns whether it was raised before. Safe in a signal handler.
  bool raise() noexcept { return (why_.fetch_or(kRaised) & kRaised) != 0; }

  /// By the repetition alone, which everybody has given a flag to look at.
  void call_off() const noexcept { why_.fetch_or(kCalledOff); }
  void take_back() const noexcept { why_.fetch_and(kRaised); }

  static constexpr bool is_always_lock_free = std::atomic<std::uint8_t>::is_always_lock_free;

 private:
  static constexpr std::uint8_t kRaised = 1;
  static constexpr std::uint8_t kCalledOff = 2;
  mutable std::atomic<std::uint8_t> why_;
};

}  // namespace busmark
