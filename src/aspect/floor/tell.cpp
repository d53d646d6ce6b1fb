// SPDX-License-Identifier: Apache-2.0
#include "aspect/floor/tell.hpp"

#include <map>

#include <fmt/format.h>

namespace busmark {
namespace {

struct NamedFloor {
  std::string scenario;
  FloorDuringSummary floor;
};

/// Of several scenarios beside one core, that in which it was away most.
std::vector<std::string> worst_of_each_core(const std::vector<NamedFloor>& all) {
  std::map<int, std::vector<const NamedFloor*>> cores;
  for (const NamedFloor& one : all) cores[one.floor.cpu].push_back(&one);
  std::vector<std::string> sentences;
  for (const auto& [cpu, floors] : cores) {
    const NamedFloor* worst = floors.front();
    for (const NamedFloor* one : floors) {
      if (one->floor.foreign_share > worst->floor.foreign_share) worst = one;
    }
    const FloorDuringSummary& floor = worst->floor;
    sentences.push_back(fmt::format(
        "cpu {}, which nothing measured, was taken or away for {:.2g} % of the time during {}{}, "
        "for at "
        "most "
        "{} at once; before and after for {:.2g} %",
        cpu, floor.foreign_share * 100, worst->scenario, floors.size() > 1 ? " (the worst)" : "",
        format_duration(floor.longest), floor.around_share * 100));
  }
  return sentences;
}

}  // namespace

std::vector<std::string> floor_during_sentences(const JudgedRun& run) {
  std::vector<NamedFloor> all;
  for (const JudgedScenario& judged : run.scenarios) {
    if (!judged.summary.floor_during) continue;
    all.push_back({judged.result->scenario.name, *judged.summary.floor_during});
  }
  return worst_of_each_core(all);
}

std::vector<std::string> floor_during_sentences(const StoredRun& run) {
  std::vector<NamedFloor> all;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.floor_during) all.push_back({scenario.name, *scenario.floor_during});
  }
  return worst_of_each_core(all);
}

}  // namespace busmark
