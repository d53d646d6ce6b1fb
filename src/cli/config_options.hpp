// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "record/plan.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// The arguments that `run` and `plan` share: which config, and what to change in it.
struct ConfigOptions {
  std::filesystem::path config;
  std::vector<std::string> set;
  std::string only;
  std::vector<std::string> tags;
  std::vector<std::string> with;
  std::vector<std::string> without;
  std::vector<std::string> plugins;  ///< `[NAME=]FILE`
  bool quick = false;
  std::string until;  ///< Empty: as the config says; the next too.
  std::string at_most;

  /// Whether the config comes from standard input (`-`) or a pipe, which can be read but once.
  [[nodiscard]] bool is_stream() const;
  /// The text of the config, read once for all copies of these options. Throws ConfigError.
  [[nodiscard]] const std::string& text() const;

  /// `runs`: whether it is a command that may be quick and may add repetitions.
  [[nodiscard]] std::vector<Argument> arguments(bool runs = true);
  /// `config` is a plugin, which is measured beside queue/spsc as it is.
  [[nodiscard]] bool names_library() const;
  /// With the text of the file, which is read. Throws ConfigError where that cannot be.
  [[nodiscard]] PlanText plan_text() const;
  /// Which scenarios, and the plugins, as arguments of a command line.
  [[nodiscard]] std::vector<std::string> selection() const;
  /// Reads, overrides, sweeps, scales; throws ConfigError with everything that is wrong.
  [[nodiscard]] RunConfig load() const;

 private:
  std::shared_ptr<std::optional<std::string>> text_ =
      std::make_shared<std::optional<std::string>>();
};

/// Throws SetupError, which names what there is to choose from, where there are several. `verb`:
/// the subcommand.
void require_one_scenario(const RunConfig& config, const ConfigOptions& options,
                          const std::string& verb);

}  // namespace busmark
