// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/stages.hpp"
#include "record/run.hpp"

namespace busmark {

// Fields of the result that belong to a mix and to users, in the manner of result_fields.hpp.

void fields(auto& io, Is<StoredClass> auto& one) {
  auto& summary = one.summary;
  io("class", summary.name);
  io("asked_share", summary.asked);
  io("share", summary.share);
  io("payload_bytes", summary.payload.bytes);
  io("work_ns", summary.work);
  io("verdict", one.verdict);
  io("intended", summary.intended_rate);
  io("achieved", summary.achieved_rate);
  io("published", summary.counts.published);
  io("received", summary.counts.received);
  io("dropped", summary.counts.dropped);
  io("refused", summary.counts.refused);
  io("lost", summary.counts.lost);
  io("response_ns", summary.response);
  io("histogram", one.histogram);
}

void fields(auto& io, Is<UsersSummary> auto& users) {
  io("users", users.users);
  io("turns", users.turns);
  io("turns_per_second", users.turns_per_second);
  io("answer_mean_ns", users.answer_mean_ns);
  io("thought_mean_ns", users.thought_mean_ns);
  io("held_up_mean_ns", users.held_up_mean_ns);
  io("users_by_littles_law", users.found_by_littles_law);
}

}  // namespace busmark
