// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/keys.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

void read_stages(const Field& in, Scenario& scenario) {
  const auto* list = std::get_if<Value::List>(&in.value().data);
  if (list != nullptr && list->empty())
    return in.wrong("at least one line such as \"10x for 500ms\"");
  if (list != nullptr && list->size() > kMostStages) return in.wrong("at most 100 lines");
  const std::span<const Value> lines = list ? std::span(*list) : std::span(&in.value(), 1);
  std::vector<Stage> read;
  for (const auto& line : lines) {
    const Field one = in.of(line);
    if (one.as_text() == nullptr) {
      one.wrong("a string such as \"10x for 500ms\"");
      continue;
    }
    try {
      read.push_back(parse_stage(*one.as_text()));
    } catch (const std::invalid_argument& error) {
      one.refuse(error.what());
    }
  }
  scenario.stages = std::move(read);
}

std::string write_stages(const Scenario& scenario) {
  std::vector<std::string> lines;
  for (const Stage& stage : scenario.stages) lines.push_back(to_string(stage));
  return lines.empty() ? std::string() : to_toml(lines);
}

/// As they were written.
StoredParameter::Value as_written(const Scenario& scenario) {
  std::vector<std::string_view> lines;
  for (const Stage& stage : scenario.stages) lines.push_back(stage.text);
  return fmt::format("{}", fmt::join(lines, "; "));
}

}  // namespace

ScenarioKey stages_key() noexcept {
  return {.name = "stages",
          .type = "string or list",
          .range = [] { return fmt::format("1 to {} lines", kMostStages); },
          .read = read_stages,
          .write = write_stages,
          .value = as_written};
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

std::optional<std::string> stages_unshared(const Scenario& scenario) {
  if (scenario.stages.empty()) return std::nullopt;
  return "agents share one steady load; leave out stages, or run it without --agents";
}

}  // namespace busmark
