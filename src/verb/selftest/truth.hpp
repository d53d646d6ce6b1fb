// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "verb/selftest/judge.hpp"

namespace busmark {

using Values = std::vector<std::int64_t>;

/// How late an honest engine may be, in nanoseconds.
struct Lateness {
  double service = 0;   ///< Until the transport's loop finds a message that is due for release.
  double response = 0;  ///< The same, and until the producer's loop finds that it is due.
  double stamp = 0;     ///< From the release to the engine's stamp.
};

[[nodiscard]] Lateness lateness(const SelfTestPlan& plan, const SelfOverhead& cost,
                                const Clock& clock);

/// Latencies in nanoseconds, one of each kind per message or delivery of the measured window.
struct Latencies {
  Values response;
  Values service;
};

/// The run as it would be on an ideal machine, replayed from the same draws; by sequence number.
[[nodiscard]] Latencies replay(const SelfTestCase& test, const PlannedMessages& planned);

/// What the transport's own log says, and how many messages the machine made late by it.
struct Observed {
  Latencies latencies;
  Values lag;       ///< Due time to the engine's stamp, as the messages have it.
  Values handover;  ///< From there to the transport's own stamp.
  std::uint64_t late_response = 0;
  std::uint64_t late_service = 0;
  double off_plan = 0;        ///< Largest distance of a due time from its place, ns.
  double earliest_stamp = 0;  ///< Smallest time from the due time to the engine's stamp, ns.
};

[[nodiscard]] Observed observe(const SelfTestRun& run, const PlannedMessages& planned,
                               const Latencies& truth, const Lateness& late, const Clock& clock);

}  // namespace busmark
