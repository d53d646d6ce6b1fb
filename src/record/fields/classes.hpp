// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/run.hpp"

namespace busmark {

// Fields of the result that belong to a mix and to users.

void fields(auto& io, Is<StoredClass> auto& one) {
  io.type("class",
          "What became of the messages of one class of a mix, over the repetitions used. Counts "
          "are of deliveries.");
  auto& summary = one.summary;
  io("class", summary.name, {"Its name in the config."});
  io("asked_share", summary.asked, {.what = "Its weight over the sum of all.", .most = 1});
  io("share", summary.share,
     {.what = "What it had of the messages that were published.", .most = 1});
  io("payload_bytes", summary.payload.bytes);
  io("work_ns", summary.work, {"For how long a consumer is busy with each."});
  io("verdict", one.verdict,
     {"The worst of its own budgets, which stand in budgets; null where it has none."});
  io("intended", summary.intended_rate,
     {"Messages per second: the asked share of the scenario's."});
  io("achieved", summary.achieved_rate,
     {"Accepted and not dropped, messages per second; median over the repetitions."});
  io("published", summary.counts.published);
  io("received", summary.counts.received, {"Different ones."});
  io("dropped", summary.counts.dropped,
     {"Where the transport both dropped and lost some, the most that it can be; likewise lost."});
  io("refused", summary.counts.refused);
  io("lost", summary.counts.lost);
  io.later("lost_in_all", one.lost_in_all,
           {"Lost in all repetitions, the used and the others; absent: as many as in the used."});
  io("response_ns", summary.response);
  io("histogram", one.histogram,
     {"Of all response times of the class, in the compressed form of HdrHistogram, base64."});
}

void fields(auto& io, Is<UsersSummary> auto& users) {
  io.type("closed_loop",
          "A load by users, each of whom awaits an answer and thinks before he sends again.");
  io("users", users.users, {.least = 1});
  io("turns", users.turns, {"Answers, over the repetitions used."});
  io("turns_per_second", users.turns_per_second);
  io("answer_mean_ns", users.answer_mean_ns, {"From request to answer."});
  io("thought_mean_ns", users.thought_mean_ns, {"As drawn."});
  io("held_up_mean_ns", users.held_up_mean_ns,
     {"From the end of the thought until the producer sent."});
  io("users_by_littles_law", users.found_by_littles_law,
     {"turns_per_second times the three: the users that are accounted for."});
}

}  // namespace busmark
