// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "config/file.hpp"
#include "config/keys.hpp"

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
  for (const std::string table :
       {"run", "plugins", "scenario", "transport.nats", "transport.synthetic"}) {
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

/// The cells of the key's row, without the code's quotes and the spaces around them.
std::vector<std::string> cells_of(const std::string& text, const std::string& key) {
  const std::size_t row = text.find("\n| `" + key + '`');
  REQUIRE(row != std::string::npos);
  const std::string line = text.substr(row + 1, text.find('\n', row + 1) - row - 1);
  std::vector<std::string> cells;
  for (std::size_t begin = 1; begin < line.size();) {
    const std::size_t end = line.find('|', begin);
    std::string cell = line.substr(begin, end - begin);
    cell.erase(0, std::min(cell.find_first_not_of(' '), cell.size()));
    cell.erase(cell.find_last_not_of(' ') + 1);
    cells.push_back(std::move(cell));
    begin = end + 1;
  }
  return cells;
}

/// A number or truth stands bare, anything else as code.
std::string in_code(const std::string& toml) {
  return toml.front() == '"' || toml.front() == '[' ? '`' + toml + '`' : toml;
}

template <typename Record>
void check_row(const std::string& text, const std::string& table, const Key<Record>& key,
               const Record& defaults) {
  const std::string name = table + std::string(key.name);
  CAPTURE(name);
  const std::vector<std::string> cells = cells_of(text, name);
  REQUIRE(cells.size() == 6);
  CHECK(cells[1] == key.type);
  if (key.name != "name" && key.name != "subscriptions") {
    std::string written = key.write == nullptr ? "" : key.write(defaults);
    if (written.empty() && key.type == "word") written = to_toml(key.show(defaults));
    CHECK(cells[2] == (written.empty() ? "none" : in_code(written)));
  }
  const std::string range = key.range();
  CHECK(cells[3].substr(0, range.size()) == range);
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

TEST_CASE("docs/config.md says of each key what type, range and default its row has") {
  const std::string text = reference();
  for (const RunKey& key : run_keys()) check_row(text, "run.", key, RunOptions{});
  const Scenario scenario;
  Scenario with_users;  // who think
  with_users.users = 1;
  for (const ScenarioKey& key : scenario_keys()) {
    check_row(text, "scenario.", key, key.name == "think" ? with_users : scenario);
  }
}

TEST_CASE("the presets of [run] have in docs/config.md the type and range of the scenario's keys") {
  const std::string text = reference();
  for (const ScenarioKey& key : scenario_keys()) {
    if (key.name == "warmup" || key.name == "duration") check_row(text, "run.", key, Scenario{});
  }
}
