// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/stages.hpp"
#include "record/run.hpp"

namespace busmark {

// Fields of the result that tell of slow messages and of two levels, in the manner of
// result_fields.hpp.

void fields(auto& io, Is<LevelChange> auto& change) {
  io("at_ns", change.at);
  io("before_ns", change.before);
  io("after_ns", change.after);
}

void fields(auto& io, Is<SlowEvidence> auto& evidence) {
  io("span_ns", evidence.span);
  io("unread_ns", evidence.unread);
  io("waited_ns", evidence.waited);
  io.known("waiter", evidence.waiter);
  io("turns", evidence.turns);
  io("minor_faults", evidence.minor_faults);
  io("major_faults", evidence.major_faults);
  io("pauses", evidence.pauses);
  io("stolen_ns", evidence.stolen);
  io("interrupts", evidence.interrupts);
}

void fields(auto& io, Is<SlowEvent> auto& event) {
  io("begin_ns", event.begin);
  io("end_ns", event.end);
  io("messages", event.messages);
  io("response_ns", event.response);
  io("held_ns", event.held);
  io("producer", event.producer);
  io("sequence", event.sequence);
  io("receiver", event.receiver);
  io("cause", event.cause);
  io("evidence", event.evidence);
}

void fields(auto& io, Is<SlowResult> auto& slow) {
  io("over_ns", slow.over);
  io("messages", slow.messages);
  io("episodes", slow.episodes);
  io("worst", slow.worst);
}

}  // namespace busmark
