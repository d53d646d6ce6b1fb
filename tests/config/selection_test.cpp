// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"

using namespace busmark;

TEST_CASE("a glob matches the whole text, with * over slashes and ? for one byte") {
  struct Row {
    std::string pattern;
    std::string text;
    bool matches;
  };
  const std::vector<Row> table{
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a/b=c", true},
      {"**", "a", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"a*c", "abbc", true},
      {"a*c", "abcd", false},
      {"a*", "ba", false},
      {"*a", "ba", true},
      {"*a*b", "xaxaxb", true},
      {"*ab", "aab", true},
      {"a?c*", "abc", true},
      {"A", "a", false},
      {"[ab]", "a", false},
      {"*queue/spsc*", "pingpong/transport=queue/spsc/load=10k", true},
      {"*load=10k", "pingpong/load=100k", false},
  };
  for (const auto& row : table) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(matches_glob(row.pattern, row.text) == row.matches);
  }
  // Exponential in a naive matcher.
  std::string stars;
  for (int i = 0; i < 1000; ++i) stars += "*a";
  CHECK(!matches_glob(stars + "b", std::string(2000, 'a')));
}

TEST_CASE("--only without a match suggests the nearest scenario or its sweep") {
  const std::string text =
      "[[scenario]]\nname = \"pingpong\"\nbatch = [1, 2]\n[[scenario]]\nname = \"fan-in\"\n";
  const std::string names = "; there are pingpong/batch=1, pingpong/batch=2, fan-in";
  const std::vector<std::pair<std::string, std::string>> table{
      {"fan-on", "no scenario matches \"fan-on\" (did you mean \"fan-in\"?)" + names},
      {"pingpong", "no scenario matches \"pingpong\" (did you mean \"pingpong*\"?)" + names},
      {"pingpong/batch=3",
       "no scenario matches \"pingpong/batch=3\" (did you mean \"pingpong/batch=1\"?)" + names},
      {"saturation*", "no scenario matches \"saturation*\"" + names},
      {"", "no scenario matches \"\"" + names},
  };
  for (const auto& row : table) {
    CAPTURE(row.first);
    ConfigOverrides overrides;
    overrides.select.only = row.first;
    CHECK_THROWS_WITH_AS(static_cast<void>(parse_config(text, "a.toml", overrides)),
                         ("--only: " + row.second).c_str(), ConfigError);
  }
}

TEST_CASE("a long list of scenarios is cut in the message about --only") {
  std::string batches = "1";
  for (int i = 2; i <= 25; ++i) batches += ", " + std::to_string(i);
  ConfigOverrides overrides;
  overrides.select.only = "x*";
  try {
    static_cast<void>(
        parse_config("[[scenario]]\nname = \"a\"\nbatch = [" + batches + "]\n", "a", overrides));
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).ends_with("a/batch=20 and 5 more"));
  }
}

TEST_CASE("tags choose scenarios, and those that the run goes without wait to be asked for") {
  const std::string text =
      "[run]\nwithout = \"load\"\n"
      "[[scenario]]\nname = \"a\"\ntags = [\"component\", \"fast\"]\n"
      "[[scenario]]\nname = \"b\"\ntags = \"load\"\n"
      "[[scenario]]\nname = \"c\"\n";
  struct Row {
    Selection select;
    std::string chosen;
  };
  const std::vector<Row> table{
      {{}, "ac"},
      {{.only = {}, .tags = {}, .with = {"load"}, .without = {}}, "abc"},
      {{.only = {}, .tags = {"load"}, .with = {}, .without = {}}, "b"},
      {{.only = {}, .tags = {"fast", "other"}, .with = {}, .without = {}}, "a"},
      {{.only = {}, .tags = {}, .with = {"load"}, .without = {"component"}}, "bc"},
      {{.only = {}, .tags = {}, .with = {"load"}, .without = {"load"}}, "ac"},
      {{.only = "?", .tags = {}, .with = {}, .without = {"fast"}}, "c"},
  };
  for (const Row& row : table) {
    ConfigOverrides overrides;
    overrides.select = row.select;
    std::string chosen;
    for (const Scenario& scenario : parse_config(text, "a.toml", overrides).scenarios) {
      chosen += scenario.name;
    }
    CHECK(chosen == row.chosen);
  }
}

TEST_CASE("a selection without a scenario says which flag to change") {
  const std::string text =
      "[run]\nwithout = [\"load\"]\n"
      "[[scenario]]\nname = \"a\"\ntags = [\"component\"]\n"
      "[[scenario]]\nname = \"b\"\ntags = \"load\"\n";
  const std::vector<std::pair<Selection, std::string>> table{
      {{.only = {}, .tags = {"componnet"}, .with = {}, .without = {}},
       "--tag: no scenario has the tag \"componnet\" (did you mean \"component\"?); there are "
       "component, load"},
      {{.only = "b", .tags = {}, .with = {}, .without = {}},
       "--with: is missing: [run] has without = [\"load\"], which leaves out every scenario "
       "chosen; add --with load"},
      {{.only = {}, .tags = {"component"}, .with = {}, .without = {"component"}},
       "--without: leaves no scenario; there are the tags component"},
  };
  for (const auto& [select, message] : table) {
    ConfigOverrides overrides;
    overrides.select = select;
    CHECK_THROWS_WITH_AS(static_cast<void>(parse_config(text, "a.toml", overrides)),
                         message.c_str(), ConfigError);
  }
}
