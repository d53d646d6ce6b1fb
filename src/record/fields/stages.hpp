// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/summary.hpp"

namespace busmark {

// Fields of the result that belong to a load in stages.

void fields(auto& io, Is<LoadInterval> auto& interval) {
  io.type("load_interval",
          "One interval of a load in stages, to be held against what was asked for.");
  io("start_ns", interval.start, {"From the start of the measured window."});
  io("length_ns", interval.length);
  io("intended", interval.intended,
     {"Messages that the stages ask for; the mean where arrivals are random."});
  io("due", interval.due, {"Messages that the producers tried to send, by due time."});
  io("sent", interval.sent,
     {"Messages that the transport accepted, by the time at which the producer turned to them."});
  io("received", interval.received, {"Deliveries, by due time."});
}

void fields(auto& io, Is<StageSummary> auto& stage) {
  io.type("stage",
          "What became of the messages due in one stage of a load, over the repetitions used.");
  io("stage", stage.name, {"The line of the config, or the rate of a step."});
  io("start_ns", stage.start, {"From the start of the measured window."});
  io("length_ns", stage.length);
  io("intended", stage.intended_rate, {"Mean over the stage, messages per second."});
  io("achieved", stage.achieved_rate,
     {"Accepted by the transport during the stage, per second; median over the repetitions."});
  io("published", stage.published,
     {"Messages due in the stage, as refused, dropped, overdue and unsent; summed over the "
      "repetitions used."});
  io("received", stage.received,
     {"Deliveries of messages that were due in the stage, whenever they arrived."});
  io("refused", stage.refused);
  io("dropped", stage.dropped,
     {"Where the transport owns up to drops: what it accepted and did not deliver."});
  io("overdue", stage.overdue, {"Sent more than 5 ms, or 1 % of the stage, behind its end."});
  io("unsent", stage.unsent);
  io("p50_ns", stage.p50,
     {"Response time of messages due in the stage; null where the samples cannot carry it."});
  io("p95_ns", stage.p95);
  io("p99_ns", stage.p99);
  io("max_ns", stage.max);
  io("raised", stage.raised, {"Its rate is above that of the stage before and of the one behind."});
  io("p95_before_ns", stage.p95_before,
     {"Of a raised stage: the p95 of the stage before it, the highest of the repetitions."});
  io("recovery_ns", stage.recovery,
     {"Of a raised stage: from its end to the start of the first interval of which at most one "
      "message in ten took longer than p95_before_ns, the longest of the repetitions; null where "
      "one of them never came back."});
}

}  // namespace busmark
