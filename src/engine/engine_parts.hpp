// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <type_traits>

#include "engine/schedule.hpp"
#include "engine/workers.hpp"

namespace busmark {

/// What stands between a worker's loop and its books. The self-test is proven by replacing a part
/// with a broken one and seeing it noticed; the real parts are passed through and cost nothing.
struct EngineParts {
  static ConsumerRecord& recorder(ConsumerRecord& record) noexcept { return record; }
  static RateSchedule pacing(const RateSchedule& schedule, const Clock& /*clock*/) noexcept {
    return schedule;
  }
  template <typename P>
  static P& publisher(P& publisher, const Clock& /*clock*/) noexcept {
    return publisher;
  }
};

/// The books of a receiver: ConsumerRecord, or StagedRecord for what a load in stages leads to.
template <typename Record>
[[nodiscard]] std::unique_ptr<ConsumerRecord> make_record(
    std::span<const std::uint64_t> sequence_limits, const StageGrid& grid,
    std::span<AuditWindow* const> windows) {
  if constexpr (std::is_same_v<Record, StagedRecord>) {
    return std::make_unique<StagedRecord>(sequence_limits, grid, windows);
  } else {
    return std::make_unique<ConsumerRecord>(sequence_limits, windows);
  }
}

/// What the receiver's loop writes to; `record` was made as a `Record`.
template <typename Record, typename Parts>
[[nodiscard]] decltype(auto) recorder_of(ConsumerRecord& record) noexcept {
  if constexpr (std::is_same_v<Record, StagedRecord>) {
    return static_cast<StagedRecord&>(record);
  } else {
    return Parts::recorder(record);
  }
}

}  // namespace busmark
