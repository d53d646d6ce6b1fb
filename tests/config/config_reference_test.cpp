// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "config/file.hpp"

using namespace busmark;

namespace {

std::string reference() {
  std::ifstream file(BUSMARK_SOURCE_ROOT "/docs/config.md");
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The keys that open a row of a table: | `run.name` | ...
std::set<std::string> documented_keys(const std::string& text) {
  std::set<std::string> keys;
  for (const std::string table : {"run", "scenario", "transport.nats", "transport.synthetic"}) {
    const std::string opening = "\n| `" + table + '.';
    for (auto at = text.find(opening); at != std::string::npos; at = text.find(opening, at + 1)) {
      const std::size_t begin = at + 4;
      const std::string key = text.substr(begin, text.find('`', begin) - begin);
      CAPTURE(key);
      CHECK(keys.insert(key).second);
    }
  }
  return keys;
}

std::vector<std::string> examples(std::string_view text) {
  constexpr std::string_view kOpening = "```toml\n";
  std::vector<std::string> found;
  for (auto at = text.find(kOpening); at != text.npos; at = text.find(kOpening, at + 1)) {
    const std::size_t begin = at + kOpening.size();
    found.emplace_back(text.substr(begin, text.find("```", begin) - begin));
  }
  return found;
}

}  // namespace

TEST_CASE("docs/config.md has a row for each key and each row is a key") {
  const auto known = config_keys();
  CHECK(documented_keys(reference()) == std::set<std::string>(known.begin(), known.end()));
}

TEST_CASE("the keys that docs/config.md marks as sweeping are those that sweep") {
  const std::string text = reference();
  for (const auto& key : documented_keys(text)) {
    if (!key.starts_with("scenario.")) continue;
    CAPTURE(key);
    // A list of one table: only a key that sweeps says that its element is wrong.
    std::string message;
    try {
      static_cast<void>(
          parse_config("[[scenario]]\nname = \"a\"\n" + key.substr(9) + " = [{}]\n", "a.toml"));
    } catch (const std::exception& error) {
      message = error.what();
    }
    const bool sweeps = message.find("not a table") != std::string::npos &&
                        message.find("a.toml:3:" + std::to_string(key.size() - 9 + 5) + ":") == 0;
    const bool marked = text.find("| `" + key + "` †") != std::string::npos;
    const bool a_list = key == "scenario.budget" || key == "scenario.subscriptions" ||
                        key == "scenario.stages" || key == "scenario.tags";
    CHECK(sweeps == (marked || a_list));
  }
}

TEST_CASE("every example of docs/config.md is a valid config") {
  const auto found = examples(reference());
  CHECK(found.size() == 5);
  for (const auto& example : found) {
    CAPTURE(example);
    CHECK_NOTHROW(static_cast<void>(parse_config(example, "example.toml")));
  }
}

TEST_CASE("the defaults in docs/config.md are those of the code") {
  const std::string text = reference();
  const auto config = parse_config("[[scenario]]\nname = \"a\"\n", "a.toml");
  const auto& scenario = config.scenarios.front();
  const std::vector<std::pair<std::string, std::string>> table{
      {"run.repetitions", std::to_string(config.run.repetitions)},
      {"run.until", '"' + to_string(config.run.until) + '"'},
      {"run.retries", std::to_string(config.run.retries)},
      {"run.warmup", '"' + format_duration(scenario.warmup) + '"'},
      {"run.duration", '"' + format_duration(scenario.duration) + '"'},
      {"run.seed", std::to_string(config.run.seed)},
      {"run.out", '"' + config.run.out + '"'},
      {"run.realtime", config.run.realtime ? "true" : "false"},
      {"run.huge_pages", '"' + std::string(to_string(config.run.huge_pages)) + '"'},
      {"run.clock", '"' + std::string(to_string(config.run.clock)) + '"'},
      {"scenario.transport", '"' + scenario.transport + '"'},
      {"scenario.payload", std::to_string(scenario.payload.bytes)},
      {"scenario.producers", std::to_string(scenario.producers)},
      {"scenario.consumers", std::to_string(scenario.consumers)},
      {"scenario.load", '"' + to_string(scenario.load) + '"'},
      {"scenario.wait", '"' + std::string(to_string(scenario.wait)) + '"'},
      {"scenario.batch", std::to_string(scenario.batch)},
      {"scenario.arrivals", '"' + std::string(to_string(scenario.arrivals)) + '"'},
      {"scenario.capacity", std::to_string(scenario.capacity)},
      {"scenario.on_full", '"' + std::string(to_string(scenario.on_full)) + '"'},
      {"scenario.checksum", scenario.checksum ? "true" : "false"},
      {"scenario.oversubscribe", scenario.oversubscribe ? "true" : "false"},
      {"scenario.abort_on_fail", scenario.abort_on_fail ? "true" : "false"},
      {"scenario.warmup", '"' + format_duration(scenario.warmup) + '"'},
      {"scenario.duration", '"' + format_duration(scenario.duration) + '"'},
      {"scenario.drain", '"' + format_duration(scenario.drain) + '"'},
  };
  for (const auto& entry : table) {
    const std::string& key = entry.first;
    CAPTURE(key);
    const std::size_t row = text.find("| `" + key + '`');
    REQUIRE(row != std::string::npos);
    const std::size_t type = text.find('|', row + 1);
    const std::size_t begin = text.find('|', type + 1) + 1;
    std::string cell = text.substr(begin, text.find('|', begin) - begin);
    std::erase_if(cell, [](char c) { return c == ' ' || c == '`'; });
    CHECK(cell == entry.second);
  }
}
