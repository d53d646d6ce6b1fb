// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/keys.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aspect/mix/mix.hpp"
#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "record/subjects.hpp"

namespace busmark {
namespace {

constexpr std::array<std::string_view, 6> kClassKeys{"name", "weight",   "payload",
                                                     "work", "subjects", "budget"};
constexpr double kLeastWeight = 0.0001;
constexpr double kMostWeight = 1e6;
constexpr std::string_view kExample =
    "1 to 16 tables such as [{ name = \"price\", weight = 80 }, { name = \"deep\", weight = 20 }]";

void read_budget(const Value& value, MessageClass& one, Problems& problems) {
  Field(value, "mix.budget", problems).budget(one.budget);
  for (const Budget& budget : one.budget) {
    if (is_kept_by_class(budget.metric)) continue;
    problems.add(value.at, "mix.budget",
                 fmt::format("{} is not kept by class; write it in the scenario's budget. A class "
                             "has latencies, rate, lost, dropped, refused and delivery",
                             metric_name(budget)));
  }
}

MessageClass read_class(const Value& value, Problems& problems) {
  using namespace std::chrono_literals;
  MessageClass one;
  bool misspelt = false;
  for (const Value::Entry& entry : std::get<Value::Table>(value.data)) {
    const std::string key = "mix." + entry.key;
    const Field field(entry.value, key, problems);
    if (entry.key == "name") {
      field.name(one.name);
    } else if (entry.key == "weight") {
      field.number(kLeastWeight, kMostWeight, one.weight);
    } else if (entry.key == "payload") {
      field.size(kMostPayload, one.payload.emplace());
    } else if (entry.key == "work") {
      field.duration(0ns, one.work.emplace());
    } else if (entry.key == "subjects") {
      field.subjects(one.subjects.emplace(numbered_subjects(1)));
    } else if (entry.key == "budget") {
      read_budget(entry.value, one, problems);
    } else {
      misspelt = true;
      problems.add(entry.at, "mix",
                   fmt::format("unknown key {}; {}", in_quotes(entry.key),
                               suggestion(entry.key, kClassKeys)));
    }
  }
  if (misspelt) return one;  // which may be what is missing
  const auto has = [&](std::string_view key) {
    const auto& table = std::get<Value::Table>(value.data);
    return std::any_of(table.begin(), table.end(), [&](const auto& e) { return e.key == key; });
  };
  if (!has("name")) problems.add(value.at, "mix", "name is missing; every class needs one");
  if (!has("weight")) {
    problems.add(value.at, "mix",
                 "weight is missing; shares are weights over their sum, such as 80, 15 and 5");
  }
  return one;
}

void read_mix(const Field& in, Scenario& scenario) {
  const auto* list = std::get_if<Value::List>(&in.value().data);
  if (list == nullptr || list->empty() || list->size() > kMostClasses) return in.wrong(kExample);
  std::vector<MessageClass> read;
  for (const Value& value : *list) {
    if (!std::holds_alternative<Value::Table>(value.data)) {
      in.of(value).wrong("a table such as { name = \"price\", weight = 80 }");
      continue;
    }
    MessageClass one = read_class(value, in.problems());
    const bool known =
        !one.name.empty() && std::any_of(read.begin(), read.end(), [&](const MessageClass& other) {
          return other.name == one.name;
        });
    if (known) {
      in.of(value).refuse(fmt::format("names two classes {}", in_quotes(one.name)));
    }
    read.push_back(std::move(one));
  }
  scenario.mix = std::move(read);
}

std::string write_mix(const Scenario& scenario) {
  if (scenario.mix.empty()) return {};
  std::string toml = "[";
  for (const MessageClass& one : scenario.mix) {
    toml += fmt::format("{}{{ name = {}, weight = {}", toml.size() > 1 ? ", " : "",
                        to_toml(one.name), one.weight);
    if (one.payload) toml += fmt::format(", payload = {}", one.payload->bytes);
    if (one.work) toml += ", work = " + to_toml(*one.work);
    if (one.subjects) toml += ", subjects = " + subjects_to_toml(*one.subjects);
    if (!one.budget.empty()) toml += ", budget = " + to_toml(one.budget);
    toml += " }";
  }
  return toml + "]";
}

StoredParameter::Value describe_mix(const Scenario& scenario) {
  std::vector<std::string> classes;
  for (const MessageClass& one : scenario.mix) classes.push_back(describe(scenario, one));
  return fmt::format("{}", fmt::join(classes, "; "));
}

}  // namespace

ScenarioKey mix_key() noexcept {
  return {.name = "mix",
          .type = "list of tables",
          .range = [] { return fmt::format("1 to {} tables", kMostClasses); },
          .read = read_mix,
          .write = write_mix,
          .value = describe_mix};
}

void check_mix(const std::vector<const Layer*>& layers, const Scenario& scenario,
               Problems& problems) {
  if (scenario.mix.empty() || scenario.load.open_loop()) return;
  problems.add(find_last(layers, "mix").value->at, "mix",
               fmt::format("goes by a rate, and load is \"max\"; write load = \"100k/s\" or leave "
                           "out mix (scenario {})",
                           in_quotes(scenario.name, 200)));
}

std::optional<std::string> mix_misfit(const TransportInfo& transport, const Scenario& scenario) {
  const std::uint64_t smallest = smallest_payload(scenario).bytes;
  const std::uint64_t largest = largest_payload(scenario).bytes;
  if (smallest != largest && transport.one_payload) {
    return fmt::format(
        "{} carries payloads of one size and the mix has {} to {} bytes; give all classes the same "
        "payload, or choose another transport",
        transport.name, smallest, largest);
  }
  if (!transport.named_subjects && names_subjects(scenario)) {
    return fmt::format(
        "{} takes subjects in turn, whatever the class of a message; leave subjects out of the "
        "mix, or choose another transport",
        transport.name);
  }
  return std::nullopt;
}

std::optional<std::string> mix_unshared(const Scenario& scenario) {
  if (scenario.mix.empty()) return std::nullopt;
  return "agents send messages of one kind; leave out mix, or run it without --agents";
}

}  // namespace busmark
