// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fault_result.hpp"
#include "record/fields/field.hpp"

namespace busmark {

// Fields of the result that tell of faults.

void fields(auto& io, Is<SequenceRange> auto& range) {
  io.type("sequence_range");
  io("producer", range.producer);
  io("first", range.first);
  io("last", range.last);
}

void fields(auto& io, Is<CorruptPayloads> auto& corrupt) {
  io("planted", corrupt.planted);
  io("found", corrupt.found);
}

void fields(auto& io, Is<FaultResult> auto& fault) {
  io.type("fault",
          "What a fault on purpose did. Where several receivers differ it is the worst one's.");
  io("fault", fault.fault, {"As in the config."});
  io("begun_ns", fault.begun, {"From the start of the measured window."});
  io("over_ns", fault.over, {"When undoing it began; likewise."});
  io("resolution_ns", fault.resolution, {"Shorter silences are not told from the load's own."});
  io("outage_ns", fault.outage,
     {"Longest time without a message that ended after the fault began; null: none of note."});
  io("lasting", fault.lasting, {"That silence was not over when the window ended."});
  io("first_message_ns", fault.first_message,
     {"From over_ns to the first message behind it; null: no pause then, or none came."});
  io("p95_before_ns", fault.p95_before, {"Response time before the fault."});
  io("recovery_ns", fault.recovery,
     {"From begun_ns to the first interval behind over_ns of which at most one message in ten took "
      "longer than p95_before_ns."});
  io("lost_ranges", fault.lost_ranges);
  io("lost", fault.lost, {"Sequence numbers, both ends included; the first 10000 ranges."});
  io("duplicated", fault.duplicated, {"Lowest and highest number."});
  io("reordered", fault.reordered, {"Lowest and highest number."});
  io.later("corrupt", fault.corrupt,
           {"Of a fault that corrupts payloads: deliveries that were broken on purpose, and those "
            "that a checksum found."});
}

}  // namespace busmark
