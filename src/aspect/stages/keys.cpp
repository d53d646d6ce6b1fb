// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/keys.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "aspect/stages/stages.hpp"
#include "base/quote.hpp"
#include "engine/load_curve.hpp"
#include "record/limits.hpp"

namespace busmark {
namespace {

/// Why the stages cannot be those of this scenario, as one sentence; empty when they can.
std::string misfit(const Scenario& scenario) {
  if (!scenario.load.open_loop()) {
    return "go by a rate, and load is \"max\"; write load = \"100k/s\" or leave out stages";
  }
  if (scenario.fault) {
    return "do not go together with a fault; leave out one of them";
  }
  try {
    static_cast<void>(load_stages(scenario));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

}  // namespace

void Field::stages(std::vector<Stage>& target) const {
  const auto* list = std::get_if<Value::List>(&value_.data);
  if (list != nullptr && list->empty()) return wrong("at least one line such as \"10x for 500ms\"");
  if (list != nullptr && list->size() > kMostStages) return wrong("at most 100 lines");
  const std::span<const Value> lines = list ? std::span(*list) : std::span(&value_, 1);
  std::vector<Stage> read;
  for (const auto& line : lines) {
    const auto* text = std::get_if<std::string>(&line.data);
    if (text == nullptr) {
      Field(line, key_, problems_).wrong("a string such as \"10x for 500ms\"");
      continue;
    }
    try {
      read.push_back(parse_stage(*text));
    } catch (const std::invalid_argument& error) {
      problems_.add(line.at, key_, error.what());
    }
  }
  target = std::move(read);
}

void settle_lengths(Scenario& scenario) {
  if (scenario.stages.empty()) return;
  scenario.duration = load_stages(scenario).back().end();
}

void settle_stages(const std::vector<const Layer*>& layers, Scenario& scenario,
                   Problems& problems) {
  if (scenario.stages.empty()) return;
  const Found stages = find_last(layers, "stages");
  const Found duration = find_last(layers, "duration");
  const bool by_flag = duration.value != nullptr && duration.layer + 1 == layers.size();
  if (duration.value != nullptr && !by_flag && duration.layer == stages.layer) {
    return problems.add(duration.value->at, "duration",
                        "stands beside stages, which have lengths of their own; leave out one");
  }
  if (duration.value != nullptr && !by_flag && duration.layer > stages.layer) {
    scenario.stages.clear();
    return;
  }
  const Nanoseconds wanted = scenario.duration;
  if (const std::string why = misfit(scenario); !why.empty()) {
    return problems.add(stages.value->at, "stages",
                        fmt::format("{} (scenario {})", why, in_quotes(scenario.name, 200)));
  }
  settle_lengths(scenario);
  if (by_flag) {
    scale_stages(scenario.stages, static_cast<double>(wanted.count()) /
                                      static_cast<double>(scenario.duration.count()));
    settle_lengths(scenario);
  }
  if (find_last(layers, "interval").value == nullptr) {
    scenario.interval = std::max(kShortestInterval, scenario.duration / 100);
  }
}

}  // namespace busmark
