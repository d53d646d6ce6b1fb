// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/run.hpp"

namespace busmark {

// Fields of the result that tell of slow messages and of two levels.

template <>
inline constexpr std::array kAll<SlowCause>{
    SlowCause::fault,       SlowCause::stopped,   SlowCause::host,   SlowCause::preempted,
    SlowCause::page_faults, SlowCause::sent_late, SlowCause::unknown};

void fields(auto& io, Is<LevelChange> auto& change) {
  io("at_ns", change.at, {"From the start of the measured window."});
  io("before_ns", change.before);
  io("after_ns", change.after);
}

void fields(auto& io, Is<SlowEvidence> auto& evidence) {
  io("span_ns", evidence.span, {"Between these readings."});
  io("unread_ns", evidence.unread, {"Longest time between two readings within it."});
  io("waited_ns", evidence.waited,
     {"Of the thread that waited longest for its core; null where no thread could be read, like "
      "the next ones."});
  io.known("waiter", evidence.waiter, {"That thread; null where none waited."});
  io("turns", evidence.turns, {"How often the measured threads were given a core."});
  io("minor_faults", evidence.minor_faults);
  io("major_faults", evidence.major_faults);
  io("pauses", evidence.pauses, {"As of the repetition."});
  io("stolen_ns", evidence.stolen,
     {"From the measured cores; null where the kernel does not tell."});
  io("interrupts", evidence.interrupts,
     {"On the measured cores; null where the kernel does not tell."});
}

void fields(auto& io, Is<SlowEvent> auto& event) {
  io.type("",
          "Slow messages of one receiver, each due before the one before it was received; figures "
          "are the worst message's.");
  io("begin_ns", event.begin,
     {"When its first message was due, from the start of the measured window."});
  io("end_ns", event.end, {"When its last one was received; likewise."});
  io("messages", event.messages, {.least = 1});
  io("response_ns", event.response);
  io("held_ns", event.held, {"Of that, before it was sent."});
  io("producer", event.producer);
  io("sequence", event.sequence);
  io("receiver", event.receiver);
  io("cause", event.cause);
  io("evidence", event.evidence,
     {"What the kernel counted from the last reading before the worst message was due to the first "
      "behind its receipt: of the threads on its way, and of the measured cores."});
}

void fields(auto& io, Is<SlowResult> auto& slow) {
  io.type("slow", "The tail, with scenario.slow_over.");
  io("over_ns", slow.over, {"What takes longer is slow."});
  io("messages", slow.messages);
  io("episodes", slow.episodes);
  io("worst", slow.worst, {"At most 64 episodes, the slowest first."});
}

}  // namespace busmark
