// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/core/error.hpp"
#include "busmark/workload/config_file.hpp"

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
    overrides.only = row.first;
    CHECK_THROWS_WITH_AS(static_cast<void>(parse_config(text, "a.toml", overrides)),
                         ("--only: " + row.second).c_str(), ConfigError);
  }
}

TEST_CASE("a long list of scenarios is cut in the message about --only") {
  std::string batches = "1";
  for (int i = 2; i <= 25; ++i) batches += ", " + std::to_string(i);
  ConfigOverrides overrides;
  overrides.only = "x*";
  try {
    static_cast<void>(
        parse_config("[[scenario]]\nname = \"a\"\nbatch = [" + batches + "]\n", "a", overrides));
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).ends_with("a/batch=20 and 5 more"));
  }
}
