// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/collector.hpp"

#include <algorithm>

namespace busmark {

namespace {

/// Of the first budget that limits something to compare; empty: there is none.
std::string budgeted_measure(const StoredScenario& scenario) {
  const std::vector<std::string> names = measure_names();
  for (const StoredBudget& budget : scenario.budgets) {
    const std::string metric = budget.text.substr(0, budget.text.find(' '));
    if (!budget.message_class && std::ranges::find(names, metric) != names.end()) return metric;
  }
  return {};
}

}  // namespace

void AbCollector::add(AbArm arm, std::uint32_t block, const StoredRun& run) {
  if (block % kAbArms == 0) round_.clear();
  for (const StoredScenario& scenario : run.scenarios) {
    const auto known = std::find_if(round_.begin(), round_.end(),
                                    [&](const auto& one) { return one.first == scenario.name; });
    auto& entry = known != round_.end() ? *known : round_.emplace_back(scenario.name, Round{});
    entry.second.blocks[static_cast<std::size_t>(arm)] = read_block(scenario);
    ++entry.second.filled;
    entry.second.paced = entry.second.paced && scenario.open_loop();
    if (arm == AbArm::a) entry.second.budgeted = budgeted_measure(scenario);
  }
  if (arm == AbArm::a) environment_of_a_ = run.environment;
  if (arm == AbArm::b) tell_differences(run.environment);
  if (block % kAbArms == kAbArms - 1) end();
}

void AbCollector::end() {
  for (auto& [name, round] : round_) {
    const std::string& wanted = name;
    const auto known = std::find_if(session_.scenarios.begin(), session_.scenarios.end(),
                                    [&](const AbScenario& one) { return one.name == wanted; });
    AbScenario& scenario = known != session_.scenarios.end()
                               ? *known
                               : session_.scenarios.emplace_back(AbScenario{name, {}, {}});
    scenario.paced = round.paced;
    scenario.budgeted = round.budgeted;
    if (round.filled == kAbArms) {
      scenario.rounds.push_back(std::move(round.blocks));
    } else if (scenario.notes.empty()) {
      scenario.notes.emplace_back("only one of the sides has this scenario");
    }
  }
}

void AbCollector::tell_differences(const StoredEnvironment& environment_of_b) {
  if (!environment_of_a_ || told_) return;
  told_ = true;
  session_.differences = find_differences(*environment_of_a_, environment_of_b).program;
  // Both were measured under the same load, and the copy of A shows what it does.
  std::erase_if(session_.differences,
                [](const std::string& one) { return one.starts_with("load of"); });
}

}  // namespace busmark
