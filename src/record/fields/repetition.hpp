// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/repetition.hpp"

namespace busmark {

// How a repetition began and ended.

void fields(auto& io, Is<WarmupResult> auto& warmup) {
  io("length_ns", warmup.length);
  io("limit_ns", warmup.limit);
  io("steady", warmup.steady, {"False: it went on to its limit, or was stopped."});
  io("found", warmup.found, {"How far the level moved over the last windows."});
}

void fields(auto& io, Is<MissedBudget> auto& missed) {
  io("budget", missed.budget);
  io("after_ns", missed.after,
     {"From the start of the measured window until the miss was certain."});
  io("beyond", missed.beyond, {"Messages beyond the limit by then."});
  io("enough", missed.enough,
     {"So many decide it; 0 of a mean, which is not decided by counting."});
  io("planned", missed.planned,
     {"Most messages that the whole window can have; 0 where that is not known, as under "
      "saturation."});
  io("reason", missed.reason);
  io.flag("for_good", missed.for_good,
          {"It decides its budget, as a maximum does; absent: it is one miss of several."});
}

}  // namespace busmark
