// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/selection.hpp"
#include "record/scenario.hpp"

namespace CLI {
class App;
}

namespace busmark {

/// Adds an option that takes some text, the last one of several.
void add_text(CLI::App& command, const std::string& name, std::string& target,
              const std::string& help, const std::string& type);

/// A CLI11 validator: an option whose value is empty, as of an unset shell variable, is a mistake.
[[nodiscard]] std::string needs_text(const std::string& value);

/// The arguments that `run` and `plan` share: which config, and what to change in it.
struct ConfigOptions {
  std::filesystem::path config;
  std::vector<std::string> set;
  std::string only;
  std::vector<std::string> tags;
  std::vector<std::string> with;
  std::vector<std::string> without;
  bool quick = false;
  std::string until;  ///< Empty: as the config says; the next too.
  std::string at_most;

  /// `runs`: whether it is a command that may be quick and may add repetitions.
  void add_to(CLI::App& command, bool runs = true);
  [[nodiscard]] Selection select() const;
  /// The same as arguments of a command line.
  [[nodiscard]] std::vector<std::string> selection() const;
  /// Reads, overrides, sweeps, scales; throws ConfigError with everything that is wrong.
  [[nodiscard]] RunConfig load() const;
};

/// Throws SetupError, which names what there is to choose from, where there are several. `verb`:
/// the subcommand.
void require_one_scenario(const RunConfig& config, const ConfigOptions& options,
                          const std::string& verb);

}  // namespace busmark
