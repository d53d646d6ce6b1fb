// SPDX-License-Identifier: Apache-2.0
#include "verb/cores/drift.hpp"

#include <algorithm>

namespace busmark {

std::vector<DriftEvent> CoreDrift::add(Nanoseconds at, const CoreMatrix& look) {
  std::vector<DriftEvent> events;
  for (const CorePair& pair : look.pairs) {
    auto history = std::find_if(histories_.begin(), histories_.end(), [&](const History& each) {
      return each.from == pair.from && each.to == pair.to;
    });
    if (history == histories_.end()) {
      histories_.push_back({.from = pair.from, .to = pair.to, .one_way_ns = {}});
      history = histories_.end() - 1;
    }
    if (!history->one_way_ns.empty() && moved(history->one_way_ns.back(), pair.median_ns)) {
      ++history->moves;
      events.push_back({.at = at,
                        .from = pair.from,
                        .to = pair.to,
                        .before_ns = history->one_way_ns.back(),
                        .after_ns = pair.median_ns});
    }
    history->one_way_ns.push_back(pair.median_ns);
  }
  return events;
}

std::vector<PairDrift> CoreDrift::pairs() const {
  std::vector<PairDrift> pairs;
  for (const History& history : histories_) {
    std::vector<double> sorted(history.one_way_ns);
    std::sort(sorted.begin(), sorted.end());
    PairDrift pair{.from = history.from,
                   .to = history.to,
                   .looks = sorted.size(),
                   .moves = history.moves,
                   .min_ns = sorted.front(),
                   .median_ns = sorted[sorted.size() / 2],
                   .max_ns = sorted.back()};
    for (const double one_way : sorted) {
      ++pair.by_class[static_cast<std::size_t>(distance_at(one_way))];
    }
    pairs.push_back(pair);
  }
  return pairs;
}

}  // namespace busmark
