// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/tell.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "aspect/tail/causes.hpp"
#include "base/table.hpp"

namespace busmark {

std::string slow_text(const StoredRun& run) {
  TextTable table({{"slow because", Align::left},
                   {"cause", Align::left},
                   {"episodes"},
                   {"messages"},
                   {"worst"},
                   {"meaning", Align::left}});
  std::string lines;
  const std::vector<SlowTail> tails = slow_tails(run);
  for (const SlowTail& tail : tails) {
    lines += fmt::format("{:<14}{}: {}\n", "slow", tail.scenario, extent_text(tail));
    for (const SlowTail::Share& share : tail.causes) table.add(cause_cells(tail, share));
    for (std::size_t i = 0; i < std::min(kWorstEpisodes, tail.worst.size()); ++i) {
      const SlowEvent& event = *tail.worst[i].event;
      lines += fmt::format(
          "{:<14}{}: {} ({} of it before it was sent), repetition {} at {}, message {} of producer "
          "{}; {}: {}\n",
          "worst", tail.scenario, duration_cell(event.response), duration_cell(event.held),
          tail.worst[i].repetition, duration_cell(event.begin), event.sequence, event.producer,
          to_string(event.cause), evidence_text(event.evidence));
    }
  }
  return tails.empty() ? "" : table.text() + lines;
}

}  // namespace busmark
