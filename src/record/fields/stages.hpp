// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include "record/summary.hpp"

namespace busmark {

// clang-format off
template <typename T, typename U>
concept Is = std::same_as<std::remove_const_t<T>, U>;
// clang-format on

// Fields of the result that belong to a load in stages, in the manner of result_fields.hpp.

void fields(auto& io, Is<LoadInterval> auto& interval) {
  io("start_ns", interval.start);
  io("length_ns", interval.length);
  io("intended", interval.intended);
  io("due", interval.due);
  io("sent", interval.sent);
  io("received", interval.received);
}

void fields(auto& io, Is<StageSummary> auto& stage) {
  io("stage", stage.name);
  io("start_ns", stage.start);
  io("length_ns", stage.length);
  io("intended", stage.intended_rate);
  io("achieved", stage.achieved_rate);
  io("published", stage.published);
  io("received", stage.received);
  io("refused", stage.refused);
  io("dropped", stage.dropped);
  io("overdue", stage.overdue);
  io("unsent", stage.unsent);
  io("p50_ns", stage.p50);
  io("p95_ns", stage.p95);
  io("p99_ns", stage.p99);
  io("max_ns", stage.max);
  io("raised", stage.raised);
  io("p95_before_ns", stage.p95_before);
  io("recovery_ns", stage.recovery);
}

}  // namespace busmark
