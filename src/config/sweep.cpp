// SPDX-License-Identifier: Apache-2.0
#include "config/sweep.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "aspect/mix/keys.hpp"
#include "aspect/stages/keys.hpp"
#include "aspect/users/keys.hpp"
#include "aspect/warmup/keys.hpp"
#include "base/quote.hpp"
#include "base/suggest.hpp"

namespace busmark {
namespace {

/// The elements of a list that sweeps, else the value itself.
std::span<const Value> choices(const ScenarioKey& key, const Value& value) {
  const auto* list = std::get_if<Value::List>(&value.data);
  return list != nullptr && key.sweeps ? std::span<const Value>(*list) : std::span(&value, 1);
}

bool sweeps(const ScenarioKey& key, const Value& value) {
  return key.sweeps && std::holds_alternative<Value::List>(value.data);
}

const ScenarioKey* find_key(std::string_view name) {
  for (const auto& key : scenario_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace

Layer read_layer(const Value::Table& table, const Place& at, Problems& problems) {
  Layer layer{{}, at};
  std::vector<std::string_view> names;
  for (const auto& key : scenario_keys()) names.push_back(key.name);
  for (const auto& entry : table) {
    const ScenarioKey* key = find_key(entry.key);
    if (key == nullptr) {
      const auto keys = run_keys();
      const bool of_run = std::any_of(keys.begin(), keys.end(),
                                      [&](const RunKey& one) { return one.name == entry.key; });
      problems.add(entry.at, "",
                   fmt::format("unknown key {}; {}", in_quotes(entry.key),
                               of_run ? "it belongs below [run]" : suggestion(entry.key, names)));
      continue;
    }
    const auto values = choices(*key, entry.value);
    if (values.empty()) problems.add(entry.value.at, key->name, "must not be an empty list");
    std::set<std::string> seen;
    for (const auto& value : values) {
      Scenario scratch;
      Problems own;
      key->read(Field(value, key->name, own), scratch);
      if (!own.empty()) {
        key->read(Field(value, key->name, problems), scratch);
      } else if (key->sweeps) {
        const std::string shown = key->show(scratch);
        if (!seen.insert(shown).second) {
          problems.add(value.at, key->name, fmt::format("lists {} twice", in_quotes(shown)));
        }
      }
    }
    layer.settings.push_back({key, entry.value});
  }
  return layer;
}

std::vector<Swept> sweep(const std::vector<const Layer*>& layers, const Place& at,
                         Problems& problems) {
  std::vector<Swept> results{{Scenario{}, at, at, at, at}};
  // `name` is read first of all, because the swept values are appended to it.
  std::vector<const ScenarioKey*> order{find_key("name")};
  for (const auto& key : scenario_keys()) order.push_back(&key);
  order.erase(std::find(order.begin() + 1, order.end(), order.front()));
  for (const auto* key : order) {
    const Value* value = nullptr;
    const Layer* owner = nullptr;
    for (const auto* layer : layers) {
      for (const auto& setting : layer->settings) {
        if (setting.key != key) continue;
        value = &setting.value;
        owner = layer;
      }
    }
    if (value == nullptr) continue;
    const auto values = choices(*key, *value);
    if (results.size() * values.size() > kMostScenarios) {
      problems.add(at, "", fmt::format("sweeps into more than {} scenarios", kMostScenarios));
      return {};
    }
    std::vector<Swept> wider;
    for (const auto& base : results) {
      for (const auto& one : values) {
        Swept next = base;
        key->read(Field(one, key->name, problems), next.scenario);
        if (sweeps(*key, *value)) {
          next.scenario.name += fmt::format("/{}={}", key->name, key->show(next.scenario));
        }
        const bool own = owner->at.line == 0 || owner->at.line == at.line;
        if (key->name == "transport" && own) next.at = one.at;
        if (key->name == "batch") next.batch_at = one.at;
        if (key->name == "subscriptions") next.subscriptions_at = one.at;
        if (key->name == "users") next.users_at = one.at;
        wider.push_back(std::move(next));
      }
    }
    results = std::move(wider);
  }
  for (Swept& one : results) {
    settle_users(layers, one.scenario, problems);
    check_warmup(layers, one.scenario, problems);
    if (one.scenario.users != 0) continue;
    settle_stages(layers, one.scenario, problems);
    check_mix(layers, one.scenario, problems);
  }
  return results;
}

}  // namespace busmark
