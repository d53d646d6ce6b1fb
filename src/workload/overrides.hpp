// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config_tree.hpp"

namespace busmark {

/// One `--set TABLE.KEY=VALUE`.
struct FlagSetting {
  std::string table;  ///< `run` or `scenario`.
  Value::Entry entry;
};

[[nodiscard]] std::vector<FlagSetting> read_flag_settings(const std::vector<std::string>& flags,
                                                          Problems& problems);

/// What to say when `--only` selects nothing: the nearest name, and the names that exist.
[[nodiscard]] std::string no_match_message(std::string_view pattern,
                                           const std::vector<std::string>& names);

}  // namespace busmark
