// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "busmark/workload/scenario.hpp"

namespace CLI {
class App;
}

namespace busmark {

/// A CLI11 validator: an option whose value is empty, as of an unset shell variable, is a mistake.
[[nodiscard]] std::string needs_text(const std::string& value);

/// The arguments that `run` and `plan` share: which config, and what to change in it.
struct ConfigOptions {
  std::filesystem::path config;
  std::vector<std::string> set;
  std::string only;
  bool quick = false;

  void add_to(CLI::App& command, bool with_quick = true);
  /// Reads, overrides, sweeps, scales; throws ConfigError with everything that is wrong.
  [[nodiscard]] RunConfig load() const;
};

}  // namespace busmark
