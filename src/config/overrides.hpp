// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "toml/tree.hpp"

namespace busmark {

/// One `--set TABLE.KEY=VALUE`.
struct FlagSetting {
  std::string table;  ///< `run` or `scenario`.
  Value::Entry entry;
};

[[nodiscard]] std::vector<FlagSetting> read_flag_settings(const std::vector<std::string>& flags,
                                                          Problems& problems);

}  // namespace busmark
