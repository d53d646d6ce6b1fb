// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"

namespace busmark::testing {

/// The config in a file.
inline RunConfig load_config(const std::filesystem::path& file) {
  return parse_config(read_config_file(file), file.string());
}

/// The scenarios of a config named a.toml; `set` as the values of `--set`.
inline std::vector<Scenario> read_scenarios(const std::string& text,
                                            const std::vector<std::string>& set = {}) {
  ConfigOverrides overrides;
  overrides.set = set;
  return parse_config(text, "a.toml", overrides).scenarios;
}

/// The only one.
inline Scenario read_scenario(const std::string& text, const std::vector<std::string>& set = {}) {
  const std::vector<Scenario> scenarios = read_scenarios(text, set);
  REQUIRE(scenarios.size() == 1);
  return scenarios.front();
}

/// What most configs of tests begin with.
inline const std::string kOne = "[[scenario]]\nname = \"one\"\n";

/// Why it is refused with these; `accepted` where it is not.
inline std::string refusal(const std::string& text, const ConfigOverrides& overrides) {
  try {
    static_cast<void>(parse_config(text, "a.toml", overrides));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

/// Why it is refused; `accepted` where it is not.
inline std::string refusal(const std::string& text, const std::vector<std::string>& set = {}) {
  try {
    static_cast<void>(read_scenarios(text, set));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace busmark::testing
