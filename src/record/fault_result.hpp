// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// Sequence numbers of one producer, both ends included.
struct SequenceRange {
  std::uint32_t producer = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::uint64_t size() const noexcept { return last - first + 1; }
  bool operator==(const SequenceRange&) const = default;
};

/// Payloads that were broken on purpose, and those that a checksum found: deliveries.
struct CorruptPayloads {
  std::uint64_t planted = 0;
  std::uint64_t found = 0;
  bool operator==(const CorruptPayloads&) const = default;
};

/// What a fault did to the messages of one repetition. Where several receivers differ it is the
/// worst one's.
struct FaultResult {
  /// Lost ranges that are kept; further ones are only counted.
  static constexpr std::size_t kMostRanges = 10'000;

  std::string fault;    ///< As in the config.
  Nanoseconds begun{};  ///< From the start of the measured window, as the next one.
  Nanoseconds over{};   ///< When undoing it began: the server's start, for example.

  /// A shorter silence is not told from the load's own: 10 periods, at least 1 ms.
  Nanoseconds resolution{};
  /// The longest time without a message that ended after `begun`; none: nothing of note.
  std::optional<Nanoseconds> outage;
  bool lasting = false;  ///< That silence was not over when the window ended; it counts until then.
  /// From `over` to the first message after it; none: they came all the time, or never again.
  std::optional<Nanoseconds> first_message;
  std::optional<Nanoseconds> p95_before;  ///< Response time of what came before the fault.
  /// From `begun` to the first interval behind `over` of which at most one message in ten took
  /// longer than `p95_before`.
  std::optional<Nanoseconds> recovery;

  std::optional<CorruptPayloads> corrupt;  ///< Where the fault breaks payloads.

  std::uint64_t lost_ranges = 0;
  std::vector<SequenceRange> lost;  ///< Of the measured window; by receiver, producer and number.
  /// The lowest and the highest number, warm-up included; of the first producer that has any.
  std::optional<SequenceRange> duplicated;
  std::optional<SequenceRange> reordered;
};

}  // namespace busmark
