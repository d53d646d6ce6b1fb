// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fault_result.hpp"
#include "record/fields/stages.hpp"

namespace busmark {

// Fields of the result that tell of faults, in the manner of result_fields.hpp.

void fields(auto& io, Is<SequenceRange> auto& range) {
  io("producer", range.producer);
  io("first", range.first);
  io("last", range.last);
}

void fields(auto& io, Is<CorruptPayloads> auto& corrupt) {
  io("planted", corrupt.planted);
  io("found", corrupt.found);
}

void fields(auto& io, Is<FaultResult> auto& fault) {
  io("fault", fault.fault);
  io("begun_ns", fault.begun);
  io("over_ns", fault.over);
  io("resolution_ns", fault.resolution);
  io("outage_ns", fault.outage);
  io("lasting", fault.lasting);
  io("first_message_ns", fault.first_message);
  io("p95_before_ns", fault.p95_before);
  io("recovery_ns", fault.recovery);
  io("lost_ranges", fault.lost_ranges);
  io("lost", fault.lost);
  io("duplicated", fault.duplicated);
  io("reordered", fault.reordered);
  io.later("corrupt", fault.corrupt);
}

}  // namespace busmark
