// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/summary.hpp"

namespace busmark {

// Fields of the result that tell of memory and processor time.

void fields(auto& io, Is<MemoryResult> auto& memory) {
  io("before", memory.before);
  io("after", memory.after);
  io("peak", memory.peak);
  io("own", memory.own);
}

void fields(auto& io, Is<CpuPerMessage> auto& cpu) {
  io("transport", cpu.transport_ns);
  io("direct", cpu.direct_ns);
}

void fields(auto& io, Is<MedianEstimate> auto& estimate) {
  io.type("median");
  io.any_sign("value", estimate.value);
  io.any_sign("low", estimate.low);
  io.any_sign("high", estimate.high);
}

void fields(auto& io, Is<CpuOverhead> auto& cpu) {
  io("repetitions", cpu.repetitions, {.least = 1});
  io("transport_ns", cpu.transport_ns);
  io("direct_ns", cpu.direct_ns);
  io("added_ns", cpu.added_ns);
  io("share", cpu.share);
}

}  // namespace busmark
