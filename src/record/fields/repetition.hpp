// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/stages.hpp"
#include "record/repetition.hpp"

namespace busmark {

// How a repetition began and ended, in the manner of result_fields.hpp.

void fields(auto& io, Is<WarmupResult> auto& warmup) {
  io("length_ns", warmup.length);
  io("limit_ns", warmup.limit);
  io("steady", warmup.steady);
  io("found", warmup.found);
}

void fields(auto& io, Is<MissedBudget> auto& missed) {
  io("budget", missed.budget);
  io("after_ns", missed.after);
  io("beyond", missed.beyond);
  io("enough", missed.enough);
  io("planned", missed.planned);
  io("reason", missed.reason);
}

}  // namespace busmark
