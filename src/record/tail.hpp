// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// What made messages slow, as far as the kernel's counters show it.
enum class SlowCause : std::uint8_t {
  fault,        ///< The scenario broke something on purpose meanwhile.
  stopped,      ///< The whole process stood still: SIGSTOP, SIGTSTP.
  host,         ///< The hypervisor had the core for at least half of the time.
  preempted,    ///< A thread on its way could have run and had to wait for as long.
  page_faults,  ///< From the disk; or so many of memory that they explain half of it.
  sent_late,    ///< None of these, and the message left late: a full queue, a slow send.
  unknown,
};
[[nodiscard]] std::string_view to_string(SlowCause cause) noexcept;

/// What the kernel counted between the last reading before a message was due and the first behind
/// its receipt, of the threads on its way and of the measured cores.
struct SlowEvidence {
  Nanoseconds span{};    ///< Between these two readings.
  Nanoseconds unread{};  ///< Longest time between two readings within it.
  /// Of the thread that waited longest for its core; nothing where no thread could be read, like
  /// the next ones.
  std::optional<Nanoseconds> waited;
  std::string waiter;  ///< That thread: `producer 0`, `consumer 2`; empty where none waited.
  std::optional<std::uint64_t> turns;  ///< How often these threads were given a core.
  std::optional<std::uint64_t> minor_faults;
  std::optional<std::uint64_t> major_faults;
  std::uint64_t pauses = 0;
  std::optional<Nanoseconds> stolen;        ///< From the measured cores, where the kernel tells.
  std::optional<std::uint64_t> interrupts;  ///< On the measured cores, likewise.
};

/// An episode and its worst message.
struct SlowEvent {
  Nanoseconds begin{};  ///< When its first message was due, since the measured window began.
  Nanoseconds end{};    ///< When its last one was received.
  std::uint64_t messages = 0;
  Nanoseconds response{};  ///< Of the worst message, as all below.
  Nanoseconds held{};      ///< Of that, before it was sent.
  std::uint32_t producer = 0;
  std::uint64_t sequence = 0;
  std::uint32_t receiver = 0;  ///< As MessageFlow numbers them.
  SlowEvidence evidence;       ///< Around the worst message.
  bool broken = false;         ///< The scenario's fault lasted meanwhile.
  SlowCause cause = SlowCause::unknown;
};

/// The tail of one repetition: messages of the measured window that took longer than `over`.
struct SlowResult {
  static constexpr std::size_t kKept = 64;

  Nanoseconds over{};
  std::uint64_t messages = 0;
  std::uint64_t episodes = 0;
  std::vector<SlowEvent> worst;  ///< Episodes, the slowest first; at most kKept.
};

}  // namespace busmark
