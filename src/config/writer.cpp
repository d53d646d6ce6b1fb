// SPDX-License-Identifier: Apache-2.0
#include "config/writer.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "config/keys.hpp"
#include "config/overrides.hpp"
#include "toml/tree.hpp"
#include "transport/keys.hpp"

namespace busmark {
namespace {

constexpr std::array<std::string_view, 3> kSecrets{"user", "password", "token"};

// The order of lines; keys of later versions stand behind these.
constexpr std::array<std::string_view, 12> kRunOrder{
    "name", "repetitions", "until",      "retries", "seed",    "cores",
    "out",  "realtime",    "huge_pages", "clock",   "at_most", "history"};
constexpr std::array<std::string_view, 32> kScenarioOrder{
    "name",        "transport", "pattern",  "producers",     "consumers",     "subjects",
    "queue_group", "payload",   "arrivals", "wait",          "batch",         "capacity",
    "on_full",     "layout",    "work",     "checksum",      "oversubscribe", "warmup",
    "drain",       "interval",  "budget",   "abort_on_fail", "load",          "users",
    "think",       "slow_over", "mix",      "tags",          "subscriptions", "fault",
    "duration",    "stages"};

using KeyLines = std::vector<std::pair<std::string_view, std::string>>;

template <typename Record>
KeyLines lines_of(const Record& record, std::span<const Key<Record>> keys,
                  std::span<const std::string_view> order) {
  KeyLines lines;
  for (const Key<Record>& key : keys) {
    if (key.write == nullptr) continue;
    std::string value = key.write(record);
    if (!value.empty()) lines.emplace_back(key.name, std::move(value));
  }
  std::stable_sort(lines.begin(), lines.end(), [&](const auto& a, const auto& b) {
    return place_in(order, a.first) < place_in(order, b.first);
  });
  return lines;
}

std::string table(const std::string& header, const std::string& prefix, const KeyLines& lines,
                  const ConfigRemarks& remarks) {
  std::string text = header + "\n";
  for (const auto& [key, value] : lines) {
    text += fmt::format("{} = {}", key, value);
    const auto remark = remarks.keys.find(fmt::format("{}{}", prefix, key));
    if (remark != remarks.keys.end()) text += "  # " + remark->second;
    text += '\n';
  }
  return text;
}

bool is_secret(const Value::Entry& entry) {
  if (std::find(kSecrets.begin(), kSecrets.end(), entry.key) != kSecrets.end()) return true;
  const auto* url = std::get_if<std::string>(&entry.value.data);
  return entry.key == "url" && url != nullptr && url->find('@') != std::string::npos;
}

void put(Value::Table& table, const Value::Entry& entry) {
  const auto same = std::find_if(table.begin(), table.end(),
                                 [&](const auto& one) { return one.key == entry.key; });
  if (same != table.end()) {
    same->value = entry.value;
  } else {
    table.push_back(entry);
  }
}

}  // namespace

std::string write_config(const RunOptions& run, const Scenario& scenario,
                         const ConfigRemarks& remarks) {
  std::string text;
  for (const std::string& line : remarks.head) text += line.empty() ? "#\n" : "# " + line + "\n";
  if (!remarks.head.empty()) text += '\n';
  text += table("[run]", "run.", lines_of(run, run_keys(), kRunOrder), remarks) + '\n';
  if (!run.plugins.empty()) {
    text += "[plugins]\n";
    for (const PluginChoice& one : run.plugins) {
      text += fmt::format("{} = {}\n", to_toml(one.name), to_toml(one.file));
    }
    text += '\n';
  }
  if (!remarks.transport_tables.empty()) text += remarks.transport_tables + '\n';
  return text + table("[[scenario]]", "scenario.",
                      lines_of(scenario, scenario_keys(), kScenarioOrder), remarks);
}

std::string write_transport_tables(std::string_view config, const std::string& file_name,
                                   const std::vector<std::string>& set) {
  std::vector<std::pair<std::string, Value::Table>> tables;
  for (const OptionTable& one : option_tables()) tables.push_back({std::string(one.name), {}});
  const Value::Table root = parse_tree(config, file_name);
  for (const Value::Entry& entry : root) {
    const auto* transports = std::get_if<Value::Table>(&entry.value.data);
    if (entry.key != "transport" || transports == nullptr) continue;
    for (auto& [name, keys] : tables) {
      for (const Value::Entry& one : *transports) {
        const auto* own = std::get_if<Value::Table>(&one.value.data);
        if (one.key == name && own != nullptr) keys = *own;
      }
    }
  }
  Problems problems;
  for (const FlagSetting& flag : read_flag_settings(set, problems)) {
    for (auto& [name, keys] : tables) {
      if (flag.table == "transport." + name) put(keys, flag.entry);
    }
  }
  if (!problems.empty()) problems.raise();
  std::string text;
  for (const auto& [name, keys] : tables) {
    if (keys.empty()) continue;
    text += (text.empty() ? "" : "\n") + fmt::format("[transport.{}]\n", name);
    for (const Value::Entry& entry : keys) {
      text += is_secret(entry) ? fmt::format("# {} is a secret, and not copied here\n", entry.key)
                               : fmt::format("{} = {}\n", entry.key, to_toml(entry.value));
    }
  }
  return text;
}

}  // namespace busmark
