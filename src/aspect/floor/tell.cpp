// SPDX-License-Identifier: Apache-2.0
#include "aspect/floor/tell.hpp"

#include <map>

#include <fmt/format.h>

namespace busmark {
namespace {

std::string sentence_of(const std::vector<const StoredScenario*>& scenarios) {
  const StoredScenario* worst = scenarios.front();
  for (const StoredScenario* one : scenarios) {
    if (one->floor_during->foreign_share > worst->floor_during->foreign_share) worst = one;
  }
  const FloorDuringSummary& floor = *worst->floor_during;
  return fmt::format(
      "cpu {}, which nothing measured, was taken or away for {:.2g} % of the time during {}{}, for "
      "at most {} at once; before and after for {:.2g} %",
      floor.cpu, floor.foreign_share * 100, worst->name, scenarios.size() > 1 ? " (the worst)" : "",
      format_duration(floor.longest), floor.around_share * 100);
}

}  // namespace

std::vector<std::string> floor_during_sentences(const StoredRun& run) {
  std::map<int, std::vector<const StoredScenario*>> cores;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.floor_during) cores[scenario.floor_during->cpu].push_back(&scenario);
  }
  std::vector<std::string> sentences;
  for (const auto& [cpu, scenarios] : cores) sentences.push_back(sentence_of(scenarios));
  return sentences;
}

}  // namespace busmark
